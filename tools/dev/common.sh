# Shared by the scripts behind ./dev: messages, and how Bazel is called.
# shellcheck shell=bash

# Results that survive a clean clone. Outside the tree, where neither git nor Bazel looks.
export HOME="${HOME:-/root}"
readonly SLUICE_CACHE="${HOME}/.cache/sluice"

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quietly LOGNAME COMMAND...: runs the command into a log file and shows the end of it if the command fails.
quietly() {
  local log="${SLUICE_CACHE}/log/$1.log"
  shift
  mkdir -p "${SLUICE_CACHE}/log"
  if "$@" >"${log}" 2>&1 </dev/null; then return 0; fi
  tail -n 20 "${log}" >&2
  return 1
}

# bazel_run COMMAND ARGUMENTS...: Bazel in this workspace, with the state folder that the caller asked for.
bazel_run() {
  local -a startup=() options=()
  local command="$1"
  shift
  if [[ -n "${SLUICE_OUTPUT_BASE:-}" ]]; then
    # Several builds would fight over the bazel-* links in the tree, and `//...` would follow a link into the
    # state of another build.
    startup+=("--output_base=${SLUICE_OUTPUT_BASE}")
    options+=(--symlink_prefix=/)
    rm -f "${SLUICE_ROOT}/bazel-$(basename "${SLUICE_ROOT}")"
  fi
  if [[ "${CI:-}" == true || ! -t 2 ]]; then
    # In a log, a line now and then says that the build is alive.
    options+=(--color=no --curses=no --show_progress_rate_limit=30)
  fi
  case "${command}" in
    build | test | run | info | aquery | cquery) ;;
    *) options=() ;;
  esac
  (cd "${SLUICE_ROOT}" && bazel "${startup[@]}" "${command}" "${options[@]}" "$@")
}
