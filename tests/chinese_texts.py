"""Texts that jieba is asked to cut: ordinary ones, and what lies at the edges of its rules."""

TEXTS = [
    "",
    "我来到北京清华大学",
    "他来到了网易杭研大厦",
    "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
    "工信处女干事每月经过下属科室都要亲口交代24口交换机等技术性器件的安装工作",
    "\r\n\r \n\x1f\u3000\x85e-mail: a.b@c.com, 3.5% 0.1mpa 100.% 5.x7 c++ C# +-.%&",
    "一\U00020000二\U0002a6d5三𠮷\ud800四鿕鿖龥",
    "AT&T的B超和T恤卡拉OK，K歌之王3G手机4s店",
    "薄瓖甯媞".join("的了是"),
]
