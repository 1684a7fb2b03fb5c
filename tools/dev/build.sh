# ./dev demo, sandbox, bench, test, chaos and conformance.
# shellcheck shell=bash

# build_sluice [OPTION...]: with these options of Bazel.
build_sluice() {
  say "Building Sluice (the first time takes some minutes)"
  bazel_run build "$@" //tools/sluice >&2 || die "Sluice does not build; the lines above say where."
}

# sluice_binary [OPTION...]: what was built. Asked of Bazel because the bazel-bin link may belong to another build.
sluice_binary() {
  printf '%s/tools/sluice/sluice' "$(bazel_run info "$@" bazel-bin 2>/dev/null)"
}

run_sluice() {
  setup_build
  build_sluice --config=opt
  local binary
  binary="$(sluice_binary --config=opt)"
  [[ -x "${binary}" ]] || die "the build left no ${binary}."
  exec "${binary}" "$@"
}

run_conformance() {
  setup_conformance
  local script="${SLUICE_ROOT}/tests/conformance/run.sh"
  [[ -x "${script}" ]] || die "tests/conformance/run.sh is missing."
  # Not optimised: this is the binary that ./dev test has built already.
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

# run_fuzz [--seconds N] [TARGET ...]: searches for inputs that break a parser. What was found before is gone on from.
run_fuzz() {
  local seconds=60
  if [[ "${1:-}" == --seconds ]]; then
    seconds="${2:-}"
    shift 2 || die "--seconds wants a number."
  fi
  [[ "${seconds}" =~ ^[0-9]+$ ]] || die "--seconds wants a whole number, not \"${seconds}\"."
  setup_check
  local -a targets=("$@")
  if ((${#targets[@]} == 0)); then
    mapfile -t targets < <(bazel_run query 'attr(tags, "[\[ ]fuzz[,\]]", //...)' 2>/dev/null)
  fi
  bazel_run build --config=fuzz "${targets[@]}" >&2 || die "the fuzz targets do not build."
  local bin target failed=0
  bin="$(bazel_run info --config=fuzz bazel-bin 2>/dev/null)"
  for target in "${targets[@]}"; do
    fuzz_one "${bin}" "${target}" "${seconds}" || failed=1
  done
  ((failed == 0)) || die "inputs that break something were found; keep each as a file of its corpus and as a test."
}

# fuzz_one BIN TARGET SECONDS
fuzz_one() {
  local path="${2#//}" found log
  path="${path/://}"
  found="${SLUICE_CACHE}/fuzz/${path}"
  log="${found}.log"
  mkdir -p "${found}"
  local -a corpora=("${found}")
  if [[ -d "${SLUICE_ROOT}/${path}_corpus" ]]; then corpora+=("${SLUICE_ROOT}/${path}_corpus"); fi
  if (cd "${1}/${path}.runfiles/sluice" &&
    "${1}/${path}" -max_total_time="$3" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="${found}." -print_final_stats=1 \
      "${corpora[@]}" >"${log}" 2>&1); then
    printf 'fuzz %-45s ok, %s runs\n' "$2" "$(sed -n 's/^stat::number_of_executed_units: *//p' "${log}")"
  else
    tail -n 30 "${log}" >&2
    printf 'fuzz %-45s FAILED; the input is %s\n' "$2" "$(ls -t "${found}".[a-z]*-* 2>/dev/null | head -n 1)"
    return 1
  fi
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

# What of docs/ is made and not written; //tools/docs has tests that say when it is stale.
make_docs() {
  setup_build
  local page="${SLUICE_ROOT}/docs/admin_api_reference.md" made
  # Not straight into the page: a mistake in a comment must not empty it.
  made="$(/usr/bin/python3 -B "${SLUICE_ROOT}/tools/docs/api_reference.py" "${SLUICE_ROOT}" && printf .)" ||
    die "docs/admin_api_reference.md cannot be made; the line above says why."
  printf '%s' "${made%.}" >"${page}"
  say "Made docs/admin_api_reference.md"
  build_sluice
  /usr/bin/python3 -B "${SLUICE_ROOT}/tools/docs/captures.py" "$(sluice_binary)" "${SLUICE_ROOT}/docs/operations.md" ||
    die "the captures in docs/operations.md cannot be made; the line above says why."
  say "Made the captures in docs/operations.md"
}
