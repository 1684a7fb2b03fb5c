#!/bin/bash
# `sluice config`, `sluice pipelines` and `sluice sinks` at a running process.
set -u

sluice="$(pwd)/$1"
cd "${TEST_TMPDIR}" || exit 1
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE PATTERN ARGS...: `sluice ARGS` for the process ends with CODE and
# prints PATTERN.
expect() {
  local code="$1" pattern="$2" actual
  shift 2
  printed="$("${sluice}" "$@" --data-dir data --log-level error 2>&1)"
  actual=$?
  [[ ${actual} -eq ${code} ]] || fail "$*: exit code ${actual}, not ${code}: ${printed}"
  grep -qF -- "${pattern}" <<< "${printed}" || fail "$*: \"${pattern}\" is not in: ${printed}"
}

# config FILE SINK...: a pipeline from 100 events a second into these sinks.
config() {
  local file="$1"
  shift
  printf 'data_dir: data\npipelines:\n  office:\n    sources: {in: {generate: {rate: 100}}}\n    sinks:\n' > "${file}"
  printf '      %s\n' "$@" >> "${file}"
  printf '    log: {retain_time: 1h}\n' >> "${file}"
}

config one.yaml 'archive: {file: {path: one.jsonl}}'
config two.yaml 'archive: {file: {path: two.jsonl}}' 'drop: {"null": {}}'
config bad.yaml 'archive: {fil: {path: two.jsonl}}'

expect 1 "nobody answers" pipelines list
mkfifo out
"${sluice}" run -c one.yaml --output json --log-level error > out 2> run.log &
pid=$!
trap 'kill -9 "${pid}" 2> /dev/null' EXIT
exec 3< out
read -r ready <&3
[[ "${ready}" == '{"ready":'* ]] || fail "no ready line: ${ready}"

expect 0 "office    running  healthy  in       archive" pipelines list
expect 0 '"state":"running"' pipelines list --output json
expect 2 'did you mean "office"?' pipelines show offic

expect 0 "you are     local, with the role admin" info
expect 0 '"pipelines":["office"]' info --output json
expect 0 "error" log-level
expect 0 "warning" log-level warning
expect 0 '{"level":"warning"}' log-level --output json
expect 0 "error" log-level error
expect 2 "verbose" log-level verbose

expect 0 "office  running  log" top --frames 2 --interval 200ms
expect 0 "archive" top --frames 3 --interval 1s
grep -qE 'archive +[1-9][0-9.]*/s' <<< "${printed}" || fail "top shows no rate of the sink: ${printed}"
expect 0 "+ pipelines.office.sinks.archive.file.path: two.jsonl" config diff two.yaml
expect 0 "to be replaced: office.archive" config diff two.yaml
expect 0 "generation 1 runs" config diff two.yaml
expect 2 "bad.yaml:6: pipelines.office.sinks.archive" config apply bad.yaml
expect 0 "started: office.drop" config apply two.yaml --comment "a second sink"
expect 0 "a second sink" config history
expect 0 "path: two.jsonl" config show
expect 0 "path: one.jsonl" config show --generation 1
expect 1 "generation 2 runs, not 1" config apply one.yaml --expect 1

expect 0 "drop (paused)" sinks pause office drop
expect 2 'did you mean "drop"?' sinks pause office drp
expect 0 "drop" sinks resume office drop

expect 0 "the log holds  1 to" sinks cursor office archive
expect 0 "would go back to event 1" sinks rewind office archive --to oldest --dry-run
expect 2 '"yesterday" is no place in a log' sinks rewind office archive --to yesterday
expect 2 "to: the log ends before event" sinks rewind office archive --to 999999999
expect 0 "drop goes back to event 1: " sinks rewind office drop --to oldest
expect 0 "drop (paused)" sinks pause office drop
expect 0 "events are given up" sinks skip office drop --to end
expect 0 "drop: " status
expect 0 "drop" sinks resume office drop
expect 0 "would replay 10" sinks replay office drop --from 1 --to 11 --dry-run
expect 0 "done: looked at 10 of 10 events, replayed 10" sinks replay office drop --from 1 --to 11
expect 1 "is configured; only one that is not can be forgotten" sinks forget office drop
expect 0 '"sequence":5,' tap office --from 5 --limit 1 --output json
id="$(sed -E 's/.*"event":\{"id":"([^"]*)".*/\1/' <<< "${printed}")"
expect 0 "  archive  done" explain office "${id}"
expect 3 "the log holds no event with id nobody" explain office nobody
expect 2 'did you mean "office"?' tap offce --limit 1

expect 0 "pipeline office, paused" pipelines pause office
expect 0 "office    paused" pipelines list
expect 0 '"state":"running"' pipelines resume office --output json
expect 0 "drained" pipelines drain office --interval 200ms
expect 0 "office    draining" pipelines list

expect 0 "stopped: office.drop" config rollback
expect 0 "generation 3 runs" config diff one.yaml
expect 0 "drop is forgotten" sinks forget office drop
expect 2 'has no sink "drop"' sinks cursor office drop

kill -TERM "${pid}"
read -r ledger <&3
wait "${pid}" || fail "run ended with $?: $(cat run.log)"
trap - EXIT

# Every event is in one of the files, once.
stored="$(sed -E 's/.*"stored":([0-9]+).*/\1/' <<< "${ledger}")"
ids="$(cat one.jsonl two.jsonl | sed -E 's/.*"id":"([^"]*)".*/\1/' | sort)"
[[ "$(wc -l <<< "${ids}")" -eq "${stored}" ]] || fail "$(wc -l <<< "${ids}") events of ${stored}"
[[ -z "$(uniq -d <<< "${ids}")" ]] || fail "twice: $(uniq -d <<< "${ids}" | head -n 3)"

exit $((failures > 0))
