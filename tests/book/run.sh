#!/usr/bin/env bash
# Checks the links of README, CONTRIBUTING, CHANGELOG, book and figures' pages, builds the book to
# target/book/html/, and checks the links of what was built. Needs python3; `run.sh --links` needs
# nothing else. Building needs cargo, which installs the pinned mdBook under target/tools/ once.
set -euo pipefail
cd "$(dirname "$0")/../.."

python3 -B tests/book/test_check.py --quiet
python3 -B tests/book/check.py .
[[ ${1:-} != --links ]] || exit 0

version=0.5.4
mdbook=target/tools/bin/mdbook
if [[ $("$mdbook" --version 2>/dev/null) != "mdbook v$version" ]]; then
  # Without its server, and not optimised, since it turns few pages: about a minute on two cores.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo install --quiet --locked mdbook --version "$version" \
    --no-default-features --features search --root target/tools --target-dir target/tools/build
  rm -rf target/tools/build
fi

python3 -B tests/book/stage.py . target/book/src
"$mdbook" build --dest-dir "$PWD/target/book/html" target/book/src
python3 -B tests/book/built.py target/book/html
