#!/usr/bin/env bash
# Runs the official clients against `sluice sandbox`; ./dev conformance builds the binary and calls this.
#
# Usage: run.sh [SUITE...]     (runner.py has their names; default: all)
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly here

if [[ -z "${SLUICE_BINARY:-}" ]]; then
  exec "${here}/../../dev" conformance "$@"
fi
if [[ ! -x "${SLUICE_BINARY}" ]]; then
  printf 'error: SLUICE_BINARY names %s, which is no program.\n' "${SLUICE_BINARY}" >&2
  exit 1
fi

# What a folder holds. Caches are swept by age and by size, and half of a package fails in ways that name everything
# but the cause.
contents() { (cd "$1" && find . -type f ! -path ./complete -printf '%P %s\n' | LC_ALL=C sort | sha256sum); }

# kept FOLDER INSTALL: has INSTALL fill FOLDER, unless it did and the folder still holds all of that.
kept() {
  local folder="$1" install="$2"
  mkdir -p "$(dirname "${folder}")"
  (
    flock 9
    if [[ -e "${folder}/complete" ]]; then
      if [[ "$(cat "${folder}/complete")" == "$(contents "${folder}")" ]]; then exit 0; fi
      printf 'Files of %s are gone or changed.\n' "${folder}" >&2
    fi
    rm -rf "${folder}"
    "${install}"
    contents "${folder}" >"${folder}.part"
    mv "${folder}.part" "${folder}/complete"
  ) 9>"${folder}.lock"
}

# A Python environment per list of packages and Python: a changed list never meets packages of the old one.
key="$({ python3 --version && cat "${here}/requirements.txt"; } | sha256sum | cut -c1-16)"
readonly environment="${HOME:-/root}/.cache/sluice/conformance/${key}"

install_python_packages() {
  printf 'Installing the official clients into %s\n' "${environment}" >&2
  python3 -m venv "${environment}"
  "${environment}/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "${here}/requirements.txt" >&2
  "${environment}/bin/python" -m pip check >&2
}
kept "${environment}" install_python_packages

# The same for Node.js; the lock file names every package with its checksum.
key="$({ node --version && cat "${here}/package.json" "${here}/package-lock.json"; } | sha256sum | cut -c1-16)"
readonly packages="${HOME:-/root}/.cache/sluice/conformance/npm-${key}"

install_node_packages() {
  printf 'Installing the official client for Node.js into %s\n' "${packages}" >&2
  mkdir -p "${packages}"
  cp "${here}/package.json" "${here}/package-lock.json" "${packages}"
  # npm does not read the certificates of the system, where those of a company's own proxy are.
  NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" \
    npm ci --prefix "${packages}" --ignore-scripts --no-audit --no-fund >&2
}
kept "${packages}" install_node_packages
export NODE_PATH="${packages}/node_modules"

# Modules come from that environment alone.
unset PYTHONPATH PYTHONHOME
export PYTHONDONTWRITEBYTECODE=1
exec "${environment}/bin/python" "${here}/runner.py" --sluice="${SLUICE_BINARY}" "$@"
