#!/bin/bash
# The example in Python, run by the real binary; killed on the way.
set -euo pipefail

sluice="${PWD}/$1"
example="${TEST_TMPDIR}/example"
SLUICE_SOURCE="${PWD}"
export SLUICE_SOURCE

fail() {
  echo "$*" >&2
  exit 1
}

# A copy: the folder of the example is not ours to write to.
cp -RL examples/python_plugin "${example}"
cd "${example}"
./generate.sh
for plugin in lines count; do /usr/bin/python3 "${plugin}_plugin_test.py"; done

"${sluice}" validate sluice.yaml
"${sluice}" plugins --config sluice.yaml | grep -E 'count +counts to a number, an event each \(process count\)' ||
  fail "the source is not listed"

# What is wrong is said with its line.
sed 's/events: 10000/events: 0/' sluice.yaml > wrong.yaml
if "${sluice}" validate wrong.yaml > wrong 2>&1; then fail "0 events were fine"; fi
grep -E ':[0-9]+: pipelines.numbers.sources.counter.count.events: must be above 0' wrong || fail "not said: $(cat wrong)"

# Each number, though the sink is killed while it writes them.
"${sluice}" run sluice.yaml --until-finished > run 2> log &
run=$!
until [[ -s events.jsonl ]]; do
  kill -0 "${run}" 2> /dev/null || fail "ended early: $(cat run log)"
  sleep 0.05
done
# The plugin that has the file open.
for folder in /proc/[0-9]*; do
  for file in "${folder}"/fd/*; do
    if [[ "$(readlink "${file}" 2> /dev/null)" == "${PWD}/events.jsonl" ]]; then kill -9 "${folder#/proc/}" || true; fi
  done
done 2> /dev/null
wait "${run}" || fail "run failed: $(cat run log)"
numbers="$(sed 's/.*"id": "\([^"]*\)".*/\1/' events.jsonl | sort -u | wc -l)"
[[ "${numbers}" -eq 10000 ]] || fail "${numbers} numbers of 10000: $(cat run)"
echo "all there"
