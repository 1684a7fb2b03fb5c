#!/bin/bash
# The folder of a socket that a killed sluice leaves is removed by the next one, and that of one that lives is not.
set -euo pipefail

sluice="$1"
# The path of a socket is short.
TMPDIR="$(mktemp -d /tmp/left_folders.XXXXXX)"
export TMPDIR
trap 'rm -rf "${TMPDIR}"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# config COMMAND: a program that does not become a plugin.
config() {
  cat << YAML
data_dir: d
plugins: [{process: {name: idle, command: [/bin/sh, -c, "$1"], start_timeout: 10m}}]
pipelines: {p: {sources: {s: {generate: {count: 1}}}, sinks: {t: {"null": {}}}}}
YAML
}
folders() { find "${TMPDIR}" -name 'sluice-plugin-*' | wc -l; }

mkfifo "${TMPDIR}/started"
config "echo started > ${TMPDIR}/started; exec /usr/bin/tail -f /dev/null" > "${TMPDIR}/waits.yaml"
config "exit 3" > "${TMPDIR}/ends.yaml"

"${sluice}" validate "${TMPDIR}/waits.yaml" &
waits=$!
read -r _ < "${TMPDIR}/started"
[[ "$(folders)" -eq 1 ]] || fail "$(folders) folders of one program"
if "${sluice}" validate "${TMPDIR}/ends.yaml"; then fail "a program that ends was fine"; fi
[[ "$(folders)" -eq 1 ]] || fail "$(folders) folders beside one that is in use"

kill -9 "${waits}"
wait "${waits}" || true
[[ "$(folders)" -eq 1 ]] || fail "$(folders) folders of one that was killed"
if "${sluice}" validate "${TMPDIR}/ends.yaml"; then fail "a program that ends was fine"; fi
[[ "$(folders)" -eq 0 ]] || fail "$(folders) folders are left"
