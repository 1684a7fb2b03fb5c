# ./dev check and ./dev fmt.
# shellcheck shell=bash

readonly -a CHECK_STEPS=(format lint layers examples metrics instructions asan tsan)

# What runs under sanitizers here. Bytes from outside are parsed in every layer; threads meet in storage and pipeline,
# which call a plugin by one thread at a time, and in plugins that have one of their own. The tools are thin around the
# layers and take a third of the time to build. `./dev test --config=asan` runs everything.
readonly -a ASAN_TARGETS=(//storage/... //pipeline/... //plugins/... //tests/...)
readonly -a TSAN_TARGETS=(
  //storage/... //pipeline/... //plugins/disruptive/webhook/... //plugins/file/... //plugins/lines/... //plugins/replay/...
)

# tracked PATTERN...: files that git knows, relative to the root.
tracked() { git -C "${SLUICE_ROOT}" ls-files -- "$@" | existing; }

# A file that is deleted but not yet committed is still listed.
existing() {
  local file
  while IFS= read -r file; do
    if [[ -f "${SLUICE_ROOT}/${file}" ]]; then printf '%s\n' "${file}"; fi
  done
}

cpp_files() { tracked '*.cc' '*.h' '*.proto'; }
bazel_files() { tracked 'WORKSPACE' '*/WORKSPACE' 'BUILD.bazel' '*/BUILD.bazel' '*.BUILD' '*.bzl'; }

# in_root COMMAND...: runs with the root as working folder; file names come on stdin, one a line.
in_root() { (cd "${SLUICE_ROOT}" && xargs --no-run-if-empty --delimiter='\n' "$@"); }

# run_buildifier ARGUMENTS...: over our BUILD files, if it could be installed.
run_buildifier() {
  if [[ -x "${BUILDIFIER}" ]] && command -v node >/dev/null; then
    bazel_files | in_root "${BUILDIFIER}" --lint=off "$@"
  else
    say "BUILD files are left out: there is no buildifier"
  fi
}

format_files() {
  setup_check
  cpp_files | in_root clang-format-14 -i
  run_buildifier --mode=fix
  say "Formatted $(cpp_files | wc -l) C++ and Protobuf files and $(bazel_files | wc -l) Bazel files."
}

check_format() {
  local status=0
  cpp_files | in_root clang-format-14 --dry-run -Werror >&2 || status=1
  run_buildifier --mode=check >&2 || status=1
  if ((status != 0)); then say "./dev fmt repairs this"; fi
  return "${status}"
}

# --keep_going below: a target that cannot be loaded fails the step, but must not hide what is wrong elsewhere.

check_lint() {
  local actions status=0
  actions="$(mktemp "${TMPDIR:-/tmp}/sluice-actions-XXXXXX.json")"
  # clang-tidy reads what the compiler reads, so generated headers and dependency lists must be there.
  bazel_run build --keep_going //... >&2 || status=1
  bazel_run aquery --keep_going --output=jsonproto 'mnemonic("CppCompile", //...)' >"${actions}" 2>/dev/null || status=1
  python3 "${SLUICE_ROOT}/tools/dev/tidy.py" --actions="${actions}" --cache="${SLUICE_CACHE}/tidy" \
    --root="${SLUICE_ROOT}" --execution_root="$(bazel_run info execution_root 2>/dev/null)" >&2 || status=1
  rm -f "${actions}"
  return "${status}"
}

check_layers() {
  local edges testonly status=0
  edges="$(mktemp "${TMPDIR:-/tmp}/sluice-edges-XXXXXX")"
  testonly="$(mktemp "${TMPDIR:-/tmp}/sluice-testonly-XXXXXX")"
  bazel_run query --keep_going --output=graph --nograph:factored --noimplicit_deps 'deps(//..., 1)' \
    >"${edges}" || status=1
  bazel_run query --keep_going 'attr(testonly, 1, //...) + tests(//...)' >"${testonly}" 2>/dev/null || status=1
  python3 "${SLUICE_ROOT}/tools/dev/layers.py" --edges="${edges}" --testonly="${testonly}" \
    --root="${SLUICE_ROOT}" >&2 || status=1
  rm -f "${edges}" "${testonly}"
  return "${status}"
}

# The configurations of examples/, checked and run against the sandbox; and workspaces of plugin authors, written by us or
# by `sluice plugin new`, each of which must build and pass with Sluice as an external repository.
check_examples() {
  local workspace kind status=0 made
  run_bazel_tests examples //tests/examples/... >&2 || status=1
  while IFS= read -r workspace; do
    test_workspace "${SLUICE_ROOT}/$(dirname "${workspace}")" || status=1
  done < <(tracked 'examples/*/WORKSPACE')
  made="$(mktemp -d "${TMPDIR:-/tmp}/sluice-plugins-XXXXXX")"
  bazel_run build //tools/sluice >&2 || status=1
  # examples/custom_plugin is what is written for a sink, but for the path of Sluice.
  new_plugin sink webhook "${made}/webhook" || status=1
  diff -r --exclude=WORKSPACE --exclude='bazel-*' "${made}/webhook" "${SLUICE_ROOT}/examples/custom_plugin" >&2 || {
    say "examples/custom_plugin is not what \`sluice plugin new sink webhook\` writes"
    status=1
  }
  for kind in source transform; do
    new_plugin "${kind}" "my_${kind}" "${made}/${kind}" && test_workspace "${made}/${kind}" || status=1
  done
  rm -rf "${made}"
  return "${status}"
}

# test_workspace FOLDER
test_workspace() {
  say "Testing $1 as a workspace of its own"
  (cd "$1" && bazel test --symlink_prefix=/ --disk_cache="${SLUICE_CACHE}/bazel-disk" //... >&2)
}

# new_plugin KIND NAME FOLDER
new_plugin() {
  "$(sluice_binary)" plugin new "$1" "$2" --directory "$3" --sluice "${SLUICE_ROOT}" >&2
}

# What we export and our alerts, judged by Prometheus' own tool. It is large, so ./dev test goes without.
check_metrics() {
  fetch_promtool
  bazel_run test --test_env=SLUICE_PROMTOOL="${PROMTOOL}" //tests/monitoring/... >&2
}

# What an event costs in instructions, which do not depend on what else the machine does. Arguments go to the script.
check_instructions() {
  bazel_run build --config=opt //tests/bench:hot_stages >&2 || return 1
  python3 -B "${SLUICE_ROOT}/tests/bench/instructions.py" "$@" \
    --binary="$(bazel_run info --config=opt bazel-bin 2>/dev/null)/tests/bench/hot_stages" \
    --expected="${SLUICE_ROOT}/tests/bench/instructions.json" >&2
}

check_asan() { run_bazel_tests asan --config=asan "${ASAN_TARGETS[@]}" >&2; }
check_tsan() { run_bazel_tests tsan --config=tsan "${TSAN_TARGETS[@]}" >&2; }

run_checks() {
  if [[ "$*" == *--update* ]]; then
    [[ "$*" == "instructions --update" ]] || die "--update goes with the step instructions alone."
    setup_check
    check_instructions --update || die "the instructions could not be counted; the lines above say why."
    return
  fi
  if (($# == 0)); then set -- "${CHECK_STEPS[@]}"; fi
  local step start result
  for step in "$@"; do
    [[ " ${CHECK_STEPS[*]} " == *" ${step} "* ]] ||
      die "./dev check has no step \"${step}\"; the steps are: ${CHECK_STEPS[*]}."
  done
  setup_check
  local -a failed=() summary=()
  for step in "$@"; do
    say "Check: ${step}"
    start="${SECONDS}"
    result=ok
    "check_${step}" || { result=FAILED && failed+=("${step}"); }
    summary+=("$(printf 'check %-12s %-6s %4d s' "${step}" "${result}" $((SECONDS - start)))")
  done
  printf '%s\n' "${summary[@]}"
  if ((${#failed[@]} > 0)); then die "these checks failed: ${failed[*]}."; fi
}
