#!/usr/bin/env bash
# Uses a report in a headless Chromium: run.sh REPORT PICTURES
# Needs python3 with venv, chromium and chromedriver (Debian: chromium chromium-driver); where there
# is none it says that it was skipped, or fails with LORA_BROWSER=required.
set -euo pipefail
cd "$(dirname "$0")/../.."
report=$1 pictures=$2

for program in chromium chromedriver; do
  command -v "$program" >/dev/null && continue
  echo "SKIPPED: the report was not opened in a browser, since there is no $program" >&2
  if [[ ${LORA_BROWSER:-} == required ]]; then exit 1; else exit 0; fi
done

work=target/browser
pins=tests/browser/requirements.txt
if ! cmp -s "$pins" "$work/installed.txt"; then
  rm -rf "$work/venv"
  python3 -m venv "$work/venv" || {
    echo "the browser's test needs python3 with venv (Debian: apt-get install python3-venv)" >&2
    exit 1
  }
  "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins"
  cp "$pins" "$work/installed.txt"
fi
"$work/venv/bin/python" tests/browser/check.py "$report" "$pictures"
