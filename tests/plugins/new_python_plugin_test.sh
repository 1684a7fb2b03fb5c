#!/bin/bash
# What `sluice plugin new` writes in Python works at once, by the commands of its own README.
#
# Usage: new_python_plugin_test.sh SLUICE KIND EVENTS
set -euo pipefail

sluice="${PWD}/$1" kind="$2" events="$3"

fail() {
  echo "$*" >&2
  exit 1
}

# An author has `sluice` in the path, and nothing of its source.
mkdir "${TEST_TMPDIR}/bin"
ln -s "${sluice}" "${TEST_TMPDIR}/bin/sluice"
export PATH="${TEST_TMPDIR}/bin:/usr/bin:/bin"
cd "${TEST_TMPDIR}"

sluice plugin new "${kind}" my_own --out-of-process --language python
cd my_own
sed -n 's/^    //p' README.md > commands
[[ "$(wc -l < commands)" -eq 5 ]] || fail "README.md has other commands: $(cat commands)"
bash -euo pipefail commands
[[ "$(sort -u events.jsonl | wc -l)" -eq "${events}" ]] || fail "not ${events} events"
