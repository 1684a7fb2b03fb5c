#!/bin/bash
# The example in Python, run by the real binary; killed on the way.
set -euo pipefail

sluice="$1"
example=examples/python_plugin
stubs="${TEST_TMPDIR}/stubs"
config="${TEST_TMPDIR}/sluice.yaml"
lines="${TEST_TMPDIR}/numbers.jsonl"
data="$(mktemp -d /tmp/python_plugin.XXXXXX)"
trap 'rm -rf "${data}"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

"${example}/generate.sh" "${stubs}"
# -B: the folder of the example is not ours to write to.
sed -e "s|plugin.py\]|${PWD}/${example}/plugin.py, ${stubs}]|" -e 's|python3,|python3, -B,|' \
  -e "s|numbers.jsonl|${lines}|" "${example}/sluice.yaml" > "${config}"
export SLUICE_DATA_DIR="${data}"

"${sluice}" validate "${config}"
"${sluice}" plugins --config "${config}" | grep -E 'count +counts to a number, an event each \(process python\)' ||
  fail "the source is not listed"

# What is wrong is said with its line.
sed 's/events: 10000/events: 0/' "${config}" > "${config}.wrong"
if "${sluice}" validate "${config}.wrong" > "${TEST_TMPDIR}/wrong" 2>&1; then fail "0 events were fine"; fi
grep -E ':[0-9]+: pipelines.numbers.sources.counter.count.events: must be above 0' "${TEST_TMPDIR}/wrong" ||
  fail "not said: $(cat "${TEST_TMPDIR}/wrong")"

# Each number, though the sink is killed while it writes them.
"${sluice}" run "${config}" --until-finished > "${TEST_TMPDIR}/run" 2> "${TEST_TMPDIR}/log" &
run=$!
until [[ -s "${lines}" ]]; do
  kill -0 "${run}" 2> /dev/null || fail "ended early: $(cat "${TEST_TMPDIR}/run" "${TEST_TMPDIR}/log")"
  sleep 0.05
done
# The plugin that has the file open.
for folder in /proc/[0-9]*; do
  for file in "${folder}"/fd/*; do
    if [[ "$(readlink "${file}" 2> /dev/null)" == "${lines}" ]]; then kill -9 "${folder#/proc/}" || true; fi
  done
done 2> /dev/null
wait "${run}" || fail "run failed: $(cat "${TEST_TMPDIR}/run" "${TEST_TMPDIR}/log")"
numbers="$(sed 's/.*"id": "\([^"]*\)".*/\1/' "${lines}" | sort -u | wc -l)"
[[ "${numbers}" -eq 10000 ]] || fail "${numbers} numbers of 10000: $(cat "${TEST_TMPDIR}/run")"
echo "all there"
