#!/usr/bin/env bash
# Ask the bundled reader every question of questions.txt about the passages in passages.txt, then
# the thirty of thirty.jsonl about the three texts in texts/, whose answers are known.
# Each line it prints first is the command that gives what follows; copy one and change it.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p runs
while read -r question; do
  echo "\$ octavo read ask '$question' examples/passages.txt --html runs/answer.html"
  octavo read ask "$question" examples/passages.txt --html runs/answer.html
  echo
done < examples/questions.txt
echo "\$ octavo read evaluate examples/thirty.jsonl --html runs/thirty.html"
octavo read evaluate examples/thirty.jsonl --html runs/thirty.html
echo
echo "The last answer with its evidence, as a page: runs/answer.html; all thirty: runs/thirty.html"
