#!/usr/bin/env bash
# Ask the bundled reader the questions of questions.txt about the passages in passages.txt, then the
# thirty of thirty.jsonl about the three texts in texts/, whose answers are known.
# Each line it prints first is the command that gives what follows; copy one and change it.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p runs
run() {
  echo "\$ $*"
  "$@"
  echo
}
run octavo read ask --questions examples/questions.txt examples/passages.txt --html runs/answer.html
run octavo read evaluate examples/thirty.jsonl --html runs/thirty.html
echo "The answers with their evidence, as pages: runs/answer.html, runs/thirty.html"
