#!/bin/bash
# `sluice disruptive` from end to end against `sluice sandbox`.
set -u

sluice="$(pwd)/$1"
cd "${TEST_TMPDIR}" || exit 1
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE PATTERN ARGS...: `sluice disruptive ARGS` ends with CODE and
# prints PATTERN.
expect() {
  local code="$1" pattern="$2" actual
  shift 2
  printed="$("${sluice}" disruptive "$@" --log-level error 2>&1)"
  actual=$?
  [[ ${actual} -eq ${code} ]] ||
    fail "disruptive $*: exit code ${actual}, not ${code}: ${printed}"
  grep -qF -- "${pattern}" <<< "${printed}" ||
    fail "disruptive $*: \"${pattern}\" is not in: ${printed}"
}

# field NAME: the text of a member in the sandbox's ready line.
field() {
  sed -E "s/.*\"disruptive\":\{[^}]*\"$1\":\"([^\"]*)\".*/\1/" ready
}

# start_stream ARGS...: `sluice disruptive stream ARGS` in the background, its
# process in `stream`, from the moment it says that it is streaming. The log of
# the stream before goes first: a stream that has yet to open its own must not
# be taken for one that has.
start_stream() {
  rm -f stream.log
  "${sluice}" disruptive stream -c sluice.yaml "$@" > streamed 2> stream.log &
  stream=$!
  for _ in $(seq 200); do
    grep -qs streaming stream.log && return
    sleep 0.05
  done
  fail "disruptive stream $*: not streaming: $(cat stream.log)"
}

unset "${!DT_@}"
"${sluice}" sandbox --devices 120 --rate 0 --history-delay 0 --no-rate-limit \
  --log-level error > ready 2> sandbox.log &
sandbox=$!
trap 'kill "${sandbox}"' EXIT
for _ in $(seq 200); do
  [[ -s ready ]] && break
  sleep 0.05
done

cat > sluice.yaml <<YAML
data_dir: ${TEST_TMPDIR}/data
pipelines:
  p:
    sources:
      sensors:
        disruptive:
          project: $(field project)
          credentials:
            key_id: $(field key_id)
            secret: {env: SANDBOX_SECRET}
            email: $(field email)
          base_url: $(field base_url)
          emulator_base_url: $(field emulator_base_url)
          token_url: $(field token_url)
          rate: {requests_per_second: 1000, burst: 1000}
    sinks:
      out: {"null": {}}
YAML
SANDBOX_SECRET="$(field secret)"
export SANDBOX_SECRET

# What is wrong before anything is sent.
expect 2 "credentials: needed" projects list
expect 2 "project_id: needed: an id" devices --key-id k --email e@x --secret-env SANDBOX_SECRET
expect 2 "unknown type \"temprature\"; did you mean \"temperature\"?" devices -c sluice.yaml --device-type temprature
expect 2 "no source \`disruptive\` called other" projects list -c sluice.yaml --source other
expect 2 "--set: \"x\" must be KEY=VALUE" labels -c sluice.yaml d --set x
expect 2 "label_filters: " stream -c sluice.yaml --label =x
expect 2 "--secret-file: contradicts --secret-env" projects list --secret-file a --secret-env b
expect 2 "A subcommand is required" connectors

# Reading.
expect 0 "Sluice sandbox" projects list -c sluice.yaml
expect 0 "room-number=103" devices -c sluice.yaml --label room-number=103
expect 0 "DEVICE" devices -c sluice.yaml
[[ $(wc -l <<< "${printed}") -ge 121 ]] || fail "devices: not all pages: ${printed}"
expect 0 '"type":"co2"' devices -c sluice.yaml --device-type co2 --limit 1 --output json
expect 1 "the service answered 404 (device not found)" device -c sluice.yaml -p '' nowhere
expect 1 "the service refuses" device -c sluice.yaml --key-id "$(field key_id)" --email nobody@x --secret-env SANDBOX_SECRET nowhere

# An emulated device and its events.
expect 0 '"virtual-sensor":""' emulator create -c sluice.yaml temperature --name "freezer 4" --label room=9 --output json
device="$(sed -E 's|.*/devices/([a-z0-9]*)".*|\1|' <<< "${printed}")"
expect 0 "${device}  temperature  freezer 4 " emulator list -c sluice.yaml
expect 0 "name: freezer 4" device -c sluice.yaml "${device}"
expect 0 "" labels -c sluice.yaml "${device}" --set room=10 --remove name
expect 0 "room: 10" emulator get -c sluice.yaml "${device}"
expect 1 "unknown: NOT_FOUND" labels -c sluice.yaml unknown --set room=10
expect 0 "published temperature" publish -c sluice.yaml "${device}" temperature value=22.5
expect 2 'data: "celsius": 1 is nothing for temperature, which has value' publish -c sluice.yaml "${device}" temperature celsius=1
expect 1 "the service answered 400" publish -c sluice.yaml "${device}" humidity temperature=1
expect 0 "value=22.5 °C" history -c sluice.yaml "${device}" --since 1h
expect 0 '"samples":[{"value":22.5' history -c sluice.yaml "${device}" --event-type temperature --output json --limit 1
expect 2 "start_time: lies after end_time" history -c sluice.yaml "${device}" --since 1h --until 2h

# A data connector.
echo s3cret > signature
expect 0 "projects/" connectors create -c sluice.yaml --url https://127.0.0.1:9/ --name mine --status USER_DISABLED \
  --event-type touch --signature-secret-file signature
grep -qF s3cret <<< "${printed}" && fail "connectors create printed the secret: ${printed}"
connector="$(sed -nE 's|^name: .*/||p' <<< "${printed}")"
expect 0 "${connector}  mine  USER_DISABLED  touch" connectors list -c sluice.yaml
expect 0 "status: ACTIVE" connectors update -c sluice.yaml "${connector}" --status ACTIVE --all-events
expect 0 "successCount: " connectors metrics -c sluice.yaml "${connector}"
expect 0 "asked ${connector}" connectors sync -c sluice.yaml "${connector}"
expect 0 "deleted ${connector}" connectors delete -c sluice.yaml "${connector}"
expect 1 "404" connectors get -c sluice.yaml "${connector}"

# The stream, from its opening to its third event.
start_stream --label room=10 --event-type temperature --add-labels --count 3 --output json
for value in 1 2 3; do
  expect 0 "published" publish -c sluice.yaml "${device}" temperature "value=${value}"
done
wait "${stream}" || fail "the stream ended with $?: $(cat stream.log)"
[[ $(wc -l < streamed) -eq 3 ]] || fail "streamed: $(cat streamed)"
grep -qF '"value":3,' streamed || fail "no third value: $(cat streamed)"
grep -qF '"room":"10"' streamed || fail "no labels: $(cat streamed)"

# Ctrl-C, as a shell without job control does not pass it on: SIGTERM.
start_stream
kill "${stream}"
wait "${stream}" || fail "a stopped stream ended with $?: $(cat stream.log)"

expect 0 "deleted ${device}" emulator delete -c sluice.yaml "${device}"
expect 1 "404" device -c sluice.yaml "${device}"

grep -rqF "${SANDBOX_SECRET}" stream.log streamed sandbox.log && fail "the secret was printed"
if [[ ${failures} -eq 0 ]]; then
  echo "passed"
fi
exit $((failures > 0))
