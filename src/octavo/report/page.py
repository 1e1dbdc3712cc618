"""The frame of every page octavo writes: one HTML file that needs nothing from outside.

No script, no font, no image is loaded; the page's own policy forbids it. Colours follow the
reader's light or dark setting, print is black on white.
"""

from __future__ import annotations

from html import escape

STYLE = """
:root{color-scheme:light dark;--paper:#fbfaf7;--sheet:#fff;--ink:#1d1d22;--soft:#66656d;
--line:#e3e0d8;--accent:#9a3412;--mark:#ffe08a;--mark-ink:#1d1d22;--track:#edeae2}
@media(prefers-color-scheme:dark){:root{--paper:#16161a;--sheet:#1e1e24;--ink:#ebe9e4;
--soft:#a09da6;--line:#34343c;--accent:#f0a070;--mark:#7a5a00;--mark-ink:#fff6d8;--track:#2c2c34}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.7;-webkit-text-size-adjust:100%;
font-family:system-ui,-apple-system,"Segoe UI","PingFang SC","Hiragino Sans GB","Noto Sans CJK SC",
"Microsoft YaHei",sans-serif}
main,header,footer{max-width:46rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem;padding-bottom:.5rem}
h1{font-size:1.05rem;font-weight:600;letter-spacing:.02em;margin:0;display:flex;gap:.6rem;
align-items:center}
h1 svg{width:1.5rem;height:1.5rem;flex:none;stroke:var(--accent);fill:none;stroke-width:1.5}
header p,footer{color:var(--soft);font-size:.85rem;margin:.2rem 0 0}
footer{padding-top:1rem;padding-bottom:3rem;margin:0 auto}
.soft{color:var(--soft);font-size:.85rem}
a{color:var(--accent)}
@media print{:root{--paper:#fff;--sheet:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#000;
--mark:#e4e4e4;--mark-ink:#000;--track:#eee}body{line-height:1.5;font-size:10.5pt}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""

# A sheet folded in the middle: two leaves.
LOGO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 6C9.500 4.200 6.500 3.800 3 4v14'
    'c3.500-.2 6.500.2 9 2 2.500-1.800 5.500-2.200 9-2V4c-3.500-.2-6.500.2-9 2zM12 6v14"/></svg>'
)


def render_page(title: str, subtitle: str, body: str, style: str = "") -> str:
    """A whole HTML document.

    Args:
        title: the page's title, plain text.
        subtitle: one line under the title, plain text.
        body: HTML, already escaped.
        style: CSS added to the common one.

    Example:
        >>> "<title>1 &lt; 2</title>" in render_page("1 < 2", "", "<p>yes</p>")
        True
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="octavo">
<title>{escape_text(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<header><h1>{LOGO}<span{language_attribute(title)}>{escape_text(title)}</span></h1>
<p>{escape_text(subtitle)}</p></header>
<main>
{body}
</main>
<footer>Written by octavo.</footer>
</body>
</html>
"""


def escape_text(text: str) -> str:
    """Text made safe inside elements and quoted attributes, and writable as UTF-8.

    Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes "?".

    Example:
        >>> escape_text('<b title="x">')
        '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape(text.encode("utf-8", "replace").decode("utf-8"))


def language_attribute(text: str) -> str:
    """The `lang` attribute of text of unknown origin, with a blank before it.

    Kana says Japanese, Hangul Korean, other ideographs Chinese; the rest stays unknown, which
    HTML writes as "". It picks the right shapes of characters and the right voice.

    Example:
        >>> language_attribute("故宫"), language_attribute("Palace")
        (' lang="zh"', ' lang=""')
    """
    ranges = {"ja": ("\u3040", "\u30ff"), "ko": ("\uac00", "\ud7a3"), "zh": ("\u3400", "\u9fff")}
    for language, (first, last) in ranges.items():
        if any(first <= character <= last for character in text[:2000]):
            return f' lang="{language}"'
    return ' lang=""'
