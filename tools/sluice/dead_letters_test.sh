#!/bin/bash
# Dead letters from end to end with the real binary: a destination that is not
# there, input that is no event, and what an operator does about both.
set -u

sluice="$1"
data="${TEST_TMPDIR}/data"
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE PATTERN ARGS...: as in main_test.sh.
expect() {
  local code="$1" pattern="$2" printed actual
  shift 2
  printed="$("${sluice}" "$@" --log-level error 2>&1)"
  actual=$?
  [[ ${actual} -eq ${code} ]] ||
    fail "sluice $*: exit code ${actual}, not ${code}: ${printed}"
  grep -qF -- "${pattern}" <<< "${printed}" ||
    fail "sluice $*: \"${pattern}\" is not in: ${printed}"
}

head -c 1048576 /dev/urandom > "${TEST_TMPDIR}/big"
input="${TEST_TMPDIR}/input.jsonl"
{
  echo '{"specversion":"1.0","id":"e1","source":"s","type":"t","subject":"d1","time":"2024-05-01T12:00:00Z","datacontenttype":"application/json","data":{"t":21}}'
  echo '{"specversion":"1.0","id":"e2","source":"s","type":"t","subject":"d2","time":"2024-05-01T12:00:01Z","data_base64":"AP+A"}'
  echo '{oops'
} > "${input}"

# config SINK: "out" is SINK, "archive" takes everything at once.
config() {
  cat > "${TEST_TMPDIR}/sluice.yaml" <<YAML
data_dir: ${data}
pipelines:
  p:
    max_event_bytes: 2MiB
    sources: {in: {replay: {path: ${input}}}}
    sinks:
      out:
        $1
        retry: {max_attempts: 2, initial: 1ms, max: 1ms}
      archive:
        file: {path: ${TEST_TMPDIR}/archive.jsonl}
YAML
}

# 1. Nobody answers at the destination: both events die there, after two tries.
export LETTERS_TEST_SECRET=none
config 'feed: {api_key: k, api_secret: {env: LETTERS_TEST_SECRET}, base_url: "http://127.0.0.1:1", feed: "room:1"}'
expect 0 "every event is accounted for" \
  run -c "${TEST_TMPDIR}/sluice.yaml" --until-finished
expect 0 "pipeline p: 3 dead letters" dead-letters list "${data}"
expect 0 "attempts_exhausted" dead-letters list "${data}" --sink out
expect 0 "malformed_json" dead-letters list "${data}" --source in
expect 0 '"attempts":2' dead-letters list "${data}" --event e1 --output json
expect 0 "0 dead letters" dead-letters purge "${data}" --until 1d

# 2. Mend what is broken. Ids are given by the log, in the order of death.
bad="$("${sluice}" dead-letters list "${data}" --source in --output json |
  grep -o '"id":[0-9]*' | head -1 | cut -d: -f2)"
"${sluice}" dead-letters show "${data}" "${bad}" --raw > "${TEST_TMPDIR}/raw"
[[ "$(< "${TEST_TMPDIR}/raw")" == '{oops' ]] || fail "the input is not as sent"
expect 3 "stays" dead-letters redrive "${data}" --id "${bad}"
expect 0 "edited: id, subject, data" dead-letters edit "${data}" "${bad}" \
  --set id=mended --set subject=d3 --data "@${TEST_TMPDIR}/big"
expect 2 "colour" dead-letters edit "${data}" "${bad}" --set colour=red
expect 2 "say which" dead-letters redrive "${data}"

# 3. All go back: two to the sink they came from, the mended one to a choice.
expect 0 "redrove 2 dead letters: 2 to out" \
  dead-letters redrive "${data}" --sink out
expect 0 "1 to out" dead-letters redrive "${data}" --id "${bad}" --to out
expect 0 "pipeline p: 0 dead letters" dead-letters list "${data}"
expect 0 "every event is accounted for" log inspect "${data}"

# 4. The destination is still not there: they die again, with their history.
expect 0 "every event is accounted for" \
  run -c "${TEST_TMPDIR}/sluice.yaml" --until-finished
expect 0 "pipeline p: 3 dead letters" dead-letters list "${data}"
again="$("${sluice}" dead-letters list "${data}" --event mended --output json |
  grep -o '"id":[0-9]*' | head -1 | cut -d: -f2)"
expect 0 "redriven to out" dead-letters show "${data}" "${again}"
expect 0 "edited: id, subject, data" dead-letters show "${data}" "${again}"

# 5. Another destination under the same name: each arrives once, as it was.
expect 0 "redrove 3 dead letters" dead-letters redrive "${data}" --all
config "file: {path: ${TEST_TMPDIR}/out.jsonl}"
expect 0 "every event is accounted for" \
  run -c "${TEST_TMPDIR}/sluice.yaml" --until-finished
for id in e1 e2 mended; do
  count="$(grep -c "\"id\":\"${id}\"" "${TEST_TMPDIR}/out.jsonl")"
  [[ ${count} -eq 1 ]] || fail "out has ${id} ${count} times"
done
grep -q '"data_base64":"AP+A"' "${TEST_TMPDIR}/out.jsonl" ||
  fail "binary data is not as it was"
grep '"id":"mended"' "${TEST_TMPDIR}/out.jsonl" |
  grep -o '"data_base64":"[^"]*"' | cut -d'"' -f4 | base64 -d |
  cmp - "${TEST_TMPDIR}/big" || fail "a MiB of data is not as it was"
[[ "$(wc -l < "${TEST_TMPDIR}/archive.jsonl")" -eq 2 ]] ||
  fail "redriven events came to a sink that was not meant"
expect 0 "pipeline p: 0 dead letters" dead-letters list "${data}"
expect 0 "good" log verify "${data}"
# Every event ever stored is one of the source or a redriven one.
expect 0 '"dead_letters_redriven":6' log inspect "${data}" --output json
expect 0 '"next_sequence":9' log inspect "${data}" --output json

# 6. A redrive that is killed at any moment loses and doubles nothing.
cat > "${TEST_TMPDIR}/crash.yaml" <<YAML
data_dir: ${TEST_TMPDIR}/crash
pipelines:
  p:
    sources: {in: {generate: {count: 3000}}}
    transforms:
    - template: {labels: {room: "{{ labels.nobody-has-it }}"}}
    sinks: {out: {file: {path: ${TEST_TMPDIR}/crash.jsonl}}}
YAML
expect 0 "every event is accounted for" \
  run -c "${TEST_TMPDIR}/crash.yaml" --until-finished
expect 0 "pipeline p: 3000 dead letters" \
  dead-letters list "${TEST_TMPDIR}/crash" --limit 1
for wait in 0.02 0.05 0.08 0.1 0.12 0.14 0.17 0.2; do
  timeout -s KILL "${wait}" "${sluice}" dead-letters redrive \
    "${TEST_TMPDIR}/crash" --all > "${TEST_TMPDIR}/killed" 2>&1
done
expect 0 "redrove" dead-letters redrive "${TEST_TMPDIR}/crash" --all
expect 0 "pipeline p: 0 dead letters" dead-letters list "${TEST_TMPDIR}/crash"
expect 0 "every event is accounted for" \
  run -c "${TEST_TMPDIR}/crash.yaml" --until-finished
lines="$(wc -l < "${TEST_TMPDIR}/crash.jsonl")"
ids="$(grep -o '"id":"[^"]*"' "${TEST_TMPDIR}/crash.jsonl" | sort -u | wc -l)"
[[ ${lines} -eq 3000 && ${ids} -eq 3000 ]] ||
  fail "${lines} events with ${ids} ids after killed redrives, not 3000"
expect 0 "good" log verify "${TEST_TMPDIR}/crash"

# 7. A process that runs is asked.
short="$(mktemp -d /tmp/dead_letters.XXXXXX)" # The path of a socket is short.
trap 'rm -rf "${short}"' EXIT
busy="${short}/busy"
cat > "${busy}.yaml" <<YAML
data_dir: ${busy}
pipelines:
  p:
    sources: {in: {generate: {count: 20}}}
    transforms:
    - template: {labels: {room: "{{ labels.nobody-has-it }}"}}
    sinks: {out: {file: {path: ${busy}.jsonl}}}
YAML
mkfifo "${TEST_TMPDIR}/ready"
"${sluice}" run -c "${busy}.yaml" --log-level error > "${TEST_TMPDIR}/ready" &
pid=$!
read -r < "${TEST_TMPDIR}/ready"
for _ in $(seq 200); do
  "${sluice}" dead-letters list "${busy}" 2>&1 | grep -q ": 20 dead letters" && break
  sleep 0.05
done
expect 0 "pipeline p: 20 dead letters" dead-letters list "${busy}" --limit 3
expect 0 "--after 3" dead-letters list "${busy}" --limit 3
expect 0 "transform_failed" dead-letters show "${busy}" 1
expect 1 "99" dead-letters show "${busy}" 99
expect 0 "moved" dead-letters edit "${busy}" 1 --set subject=moved
expect 0 "would redrive 20 dead letters" dead-letters redrive "${busy}" --all --dry-run
expect 0 "redrove 1 dead letter: 1 to out" dead-letters redrive "${busy}" --id 1
expect 0 "purged 1 dead letter" dead-letters purge "${busy}" --id 2
expect 2 "say which" dead-letters purge "${busy}"
[[ "$("${sluice}" dead-letters export "${busy}" | wc -l)" -eq 18 ]] || fail "export of a running process"
for _ in $(seq 200); do
  grep -q '"subject":"moved"' "${busy}.jsonl" && break
  sleep 0.05
done
grep -q '"subject":"moved"' "${busy}.jsonl" || fail "what was redriven was not delivered"
kill -KILL "${pid}"

exit $((failures > 0))
