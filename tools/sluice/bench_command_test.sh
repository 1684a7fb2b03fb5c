#!/bin/bash
# `sluice bench` with the real binary: a scenario that fails is told, and takes
# no figures of others with it.
set -u

sluice="$1"
failures=0

fail() {
  echo "$*"
  failures=$((failures + 1))
}

# run CODE ARGS...: runs the bench quickly; its exit code is CODE.
run() {
  local code="$1"
  shift
  "${sluice}" bench --runs 1 --idle-time 10ms --directory "${TEST_TMPDIR}" \
    --output json "$@" > "${TEST_TMPDIR}/out" 2> "${TEST_TMPDIR}/err"
  local actual=$?
  [[ ${actual} -eq ${code} ]] ||
    fail "bench $*: exit code ${actual}, not ${code}: $(cat "${TEST_TMPDIR}/err")"
}

# has FILE PATTERN: what was printed has it.
has() {
  grep -qF -- "$2" "${TEST_TMPDIR}/$1" ||
    fail "\"$2\" is not in: $(cat "${TEST_TMPDIR}/$1")"
}

run 0 --scenario idle
has out '"complete":true'
has out '"idle_cpu_percent"'

# One pipeline opens a few dozen files, thirty open too many.
ulimit -n 100
run 1 --scenario growth_pipelines --pipelines 30 --scenario idle
has err "Too many open files"
has err "scenario growth_pipelines ended with exit code 1"
has out '"idle_cpu_percent"'

[[ ${failures} -eq 0 ]]
