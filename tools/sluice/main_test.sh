#!/bin/bash
# The command line of the real binary: exit codes, and what goes where.
set -u

sluice="$1"
failures=0

# expect CODE PATTERN ARGS...: runs sluice with ARGS; its exit code is CODE and
# PATTERN is in what it prints.
expect() {
  local code="$1" pattern="$2" printed actual
  shift 2
  printed="$("${sluice}" "$@" 2>&1)"
  actual=$?
  if [[ ${actual} -ne ${code} ]]; then
    echo "sluice $*: exit code ${actual}, not ${code}"
    failures=$((failures + 1))
  fi
  if ! grep -qF -- "${pattern}" <<< "${printed}"; then
    echo "sluice $*: \"${pattern}\" is not in: ${printed}"
    failures=$((failures + 1))
  fi
}

good="${TEST_TMPDIR}/good.yaml"
cat > "${good}" <<'YAML'
data_dir: d
pipelines:
  p:
    sources: {in: {generate: {count: 5}}}
    sinks: {out: {null: {}}}
YAML

expect 0 "sluice " version
expect 0 '{"version":' version --output json
expect 0 "generate" plugins
expect 0 "generate" plugins --log-level debug
expect 0 "Where the source of Sluice is" plugin new --help
expect 2 "kind is required" plugin new
expect 2 "sinkk" plugin new sinkk acme_door
expect 2 "no name for a plugin" plugin new sink Acme-Door
expect 2 "there is a sink file" plugin new sink file
expect 2 "not in it; say where it is with --sluice" plugin new sink acme_door
expect 2 "give --out-of-process --language python" plugin new sink acme_door --language python
expect 2 "--language: rust not in {c++,python}" plugin new sink acme_door --out-of-process --language rust
expect 2 "only sources and sinks can" plugin new transform acme_door --out-of-process --language python
expect 0 "good" validate "${good}"
expect 0 "good" validate --config "${good}"
expect 0 "Exit codes" help
expect 0 "Exit codes" --help
expect 0 "sluice validate sluice.yaml" help validate
expect 0 "sluice validate sluice.yaml" validate --help
expect 2 "there is no command" help nothing
expect 2 "subcommand" # None given.
expect 2 'there is no command "plugns"; did you mean "plugins"?' plugns
expect 2 "config" validate
expect 2 "--output" validate "${good}" --output xml
expect 2 "No such file" validate /nowhere.yaml

# A sink with pictures, and one that has none to show.
cat > "${TEST_TMPDIR}/pictures.yaml" <<'YAML'
data_dir: d
pipelines:
  p:
    sources: {in: {generate: {count: 5}}}
    sinks:
      out:
        inthing:
          stream: /will/test/
          type: screenshot
          image: {base64: "{{ data.jpeg }}", bad_image: post_text, max_bytes: 65536}
YAML
expect 0 "good" validate "${TEST_TMPDIR}/pictures.yaml"
sed '/image:/d' "${TEST_TMPDIR}/pictures.yaml" > "${TEST_TMPDIR}/no-pictures.yaml"
expect 2 "type: needs image to be set" validate "${TEST_TMPDIR}/no-pictures.yaml"
expect 2 "stream ID or URL is required" inthing text hello
expect 0 "http://127.0.0.1:1/will/test/" inthing url --id will/test --service http://127.0.0.1:1

# A whole run, and one that is told to stop.
run="${TEST_TMPDIR}/run.yaml"
cat > "${run}" <<YAML
data_dir: ${TEST_TMPDIR}/data
pipelines:
  p:
    sources: {in: {generate: {count: 1000}}}
    sinks: {out: {file: {path: ${TEST_TMPDIR}/events.jsonl}}}
YAML
expect 0 "every event is accounted for" run -c "${run}" --until-finished
if [[ "$(wc -l < "${TEST_TMPDIR}/events.jsonl")" -ne 1000 ]]; then
  echo "the sink file did not get 1000 events"
  failures=$((failures + 1))
fi

mkfifo "${TEST_TMPDIR}/out"
"${sluice}" run -c "${run}" --output json > "${TEST_TMPDIR}/out" &
pid=$!
{
  read -r ready
  # The directory is taken now.
  expect 4 "data" run -c "${run}"
  # It can be looked at, and is not to be changed.
  expect 0 "in use: a process writes" log inspect "${TEST_TMPDIR}/data"
  expect 0 "in use: a process writes" log verify "${TEST_TMPDIR}/data"
  expect 4 "stop that process first" log repair "${TEST_TMPDIR}/data"
  kill -TERM "${pid}"
  read -r ledger
} < "${TEST_TMPDIR}/out"
wait "${pid}"
code=$?
if [[ ${code} -ne 0 || "${ready}" != '{"ready":'* ||
      "${ledger}" != *'"delivered":1000'* ]]; then
  echo "stopped run: exit code ${code}, \"${ready}\", \"${ledger}\""
  failures=$((failures + 1))
fi

expect 0 "every event is accounted for" log inspect "${TEST_TMPDIR}/data"
expect 0 "good" log verify "${TEST_TMPDIR}/data"
expect 0 '"good":true' log verify "${TEST_TMPDIR}/data" --output json
expect 0 "good: nothing to repair" log repair "${TEST_TMPDIR}/data"
expect 4 "no data directory" log inspect /nowhere
expect 4 "no log of a pipeline" log export "${TEST_TMPDIR}/data" -p garden
expect 2 "sluice log --help" log
expect 0 "sluice log inspect /var/lib/sluice" help log inspect

exit $((failures > 0))
