# ./dev demo, sandbox, bench, test, chaos and conformance.
# shellcheck shell=bash

build_sluice() {
  say "Building Sluice (the first time takes some minutes)"
  bazel_run build --config=opt //tools/sluice >&2 || die "Sluice does not build; the lines above say where."
}

# The built binary. Asked of Bazel because the bazel-bin link may belong to another build.
sluice_binary() {
  printf '%s/tools/sluice/sluice' "$(bazel_run info --config=opt bazel-bin 2>/dev/null)"
}

run_sluice() {
  setup_build
  build_sluice
  local binary
  binary="$(sluice_binary)"
  [[ -x "${binary}" ]] || die "the build left no ${binary}."
  exec "${binary}" "$@"
}

run_conformance() {
  setup_conformance
  local script="${SLUICE_ROOT}/tests/conformance/run.sh"
  [[ -x "${script}" ]] || die "tests/conformance/run.sh is missing."
  build_sluice
  SLUICE_BINARY="$(sluice_binary)" exec "${script}" "$@"
}

# Rounds of faults at the real binary; the arguments go to the test.
run_chaos() {
  setup_build
  say "Building Sluice and the fault tests (the first time takes some minutes)"
  bazel_run build --config=opt //tests/fault:chaos_test >&2 || die "the fault tests do not build."
  local folder
  folder="$(bazel_run info --config=opt bazel-bin 2>/dev/null)/tests/fault/chaos_test.runfiles/sluice"
  cd "${folder}" || die "the build left no ${folder}."
  exec tests/fault/chaos_test "$@"
}

# Deliberate faults in a copy of the tree; arguments name some of them.
run_mutants() {
  setup_build
  say "Testing the tests (each fault takes a minute or so)"
  python3 "${SLUICE_ROOT}/tools/dev/mutants.py" --root="${SLUICE_ROOT}" --work="${SLUICE_CACHE}/mutants" "$@"
}

# run_bazel_tests NAME ARGUMENTS...: runs tests and prints `N passed, N failed`; false unless all passed.
run_bazel_tests() {
  local events status=0
  events="$(mktemp "${TMPDIR:-/tmp}/sluice-$1-XXXXXX.json")"
  shift
  bazel_run test --keep_going --build_event_json_file="${events}" "$@" >&2 || status=$?
  python3 "${SLUICE_ROOT}/tools/dev/count_tests.py" "${events}" "${status}" || status=1
  rm -f "${events}"
  ((status == 0))
}

# Flags alone mean all tests.
names_a_target() {
  local argument
  for argument in "$@"; do
    if [[ "${argument}" != -* ]]; then return 0; fi
  done
  return 1
}

run_tests() {
  setup_build
  if ! names_a_target "$@"; then set -- "$@" //...; fi
  say "Testing $*"
  run_bazel_tests test "$@"
}
