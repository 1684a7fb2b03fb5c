# ./dev setup: Debian packages and the one tool that Debian lacks.
# shellcheck shell=bash

# What a build of Sluice links, what builds it, and what its tests use. Versions are those of Debian 12.
readonly -a BUILD_PACKAGES=(
  bazel-bootstrap bazel-platforms bazel-rules-java bazel-rules-proto bazel-skylib
  ca-certificates dpkg-dev
  g++ git python3 python3-grpcio python3-jsonschema python3-protobuf python3-yaml
  libabsl-dev
  libbenchmark-dev
  libboost-json1.81-dev libboost1.81-dev
  libcli11-dev
  libconcurrentqueue-dev
  libcurl4-openssl-dev
  libfaketime
  libgmock-dev libgtest-dev
  libgoogle-glog-dev
  libgrpc++-dev protobuf-compiler-grpc
  liblz4-dev
  libprotobuf-dev protobuf-compiler
  librocksdb-dev
  libsimdjson-dev
  libssl-dev
  libxxhash-dev
  libyaml-cpp-dev
  zlib1g-dev
  zsh
)

# For ./dev check and ./dev fmt.
readonly -a CHECK_PACKAGES=(ca-certificates clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev valgrind)

# For ./dev conformance: the official clients run in a Python environment and with Node.js, the pages of the sandbox in a browser.
readonly -a CONFORMANCE_PACKAGES=(ca-certificates chromium python3 python3-venv)

# Debian has no buildifier. npm carries the upstream binary.
readonly BUILDIFIER_VERSION=8.2.1
readonly BUILDIFIER_FOLDER="${SLUICE_CACHE}/npm/buildifier-${BUILDIFIER_VERSION}"
readonly BUILDIFIER="${BUILDIFIER_FOLDER}/node_modules/.bin/buildifier"

# What the example of a client in Node.js needs; a changed list never meets packages of the old one. //tests/admin looks
# for them here.
readonly ADMIN_CLIENT="${SLUICE_ROOT}/examples/clients/node"

# promtool of Debian's package `prometheus`, which is taken apart and not installed: it would start a server.
readonly PROMTOOL_FOLDER="${SLUICE_CACHE}/promtool"
readonly PROMTOOL="${PROMTOOL_FOLDER}/usr/bin/promtool"

# Prints those of the given packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    if [[ "$(dpkg-query -W -f='${db:Status-Status}' "${package}" 2>/dev/null)" != installed ]]; then
      printf '%s\n' "${package}"
    fi
  done
}

as_root() {
  if ((EUID == 0)); then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

require_root() {
  if ((EUID == 0)) || sudo -n true 2>/dev/null; then return 0; fi
  die "packages are missing ($*) and neither root nor sudo without a password is available to install them."
}

install_packages() {
  command -v dpkg-query >/dev/null || die "this is not Debian; Sluice builds on Debian 12 (see README.md)."
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return 0; fi
  require_root "${missing[*]}"
  say "Installing ${#missing[@]} Debian packages and what they depend on: ${missing[*]}"
  quietly apt-update as_root apt-get update || die "the package lists could not be fetched (apt-get update)."
  # --no-remove: another Boost or compiler that is in the way is the owner's to remove, not ours.
  quietly apt-install as_root apt-get install --yes --no-install-recommends --no-remove "${missing[@]}" ||
    die "apt-get could not install ${missing[*]}; if it names a package in conflict, such as libboost1.74-dev, remove that one first."
}

install_node() {
  # Not always Debian's packages: a Node.js from elsewhere brings its own npm, and the two must match.
  if command -v node >/dev/null && command -v npm >/dev/null; then return 0; fi
  if command -v node >/dev/null; then install_packages npm; else install_packages nodejs npm; fi
}

# Only the layout of BUILD files depends on buildifier, so being unable to fetch it stops nothing else.
install_buildifier() {
  # It is started by Node.js.
  if [[ -x "${BUILDIFIER}" ]] && command -v node >/dev/null; then return 0; fi
  install_node
  say "Installing buildifier ${BUILDIFIER_VERSION} from npm"
  mkdir -p "${BUILDIFIER_FOLDER}"
  # npm does not read the certificates of the system, where those of a company's own proxy are.
  NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" \
    quietly npm-buildifier npm install --prefix "${BUILDIFIER_FOLDER}" --no-save --no-audit --no-fund \
    "@bazel/buildifier@${BUILDIFIER_VERSION}" ||
    say "npm could not install buildifier; the layout of BUILD files will not be checked."
}

# Only the test of that example depends on it.
install_admin_client() {
  local key folder
  key="$(sha256sum <"${ADMIN_CLIENT}/package-lock.json" | cut -c1-16)"
  folder="${SLUICE_CACHE}/npm/admin-client-${key}"
  if [[ -e "${folder}/node_modules/@grpc/grpc-js" ]] && command -v node >/dev/null; then return 0; fi
  install_node
  say "Installing the packages of examples/clients/node from npm"
  rm -rf "${folder}" "${folder}.part"
  mkdir -p "${folder}.part"
  cp "${ADMIN_CLIENT}/package.json" "${ADMIN_CLIENT}/package-lock.json" "${folder}.part"
  # npm does not read the certificates of the system, where those of a company's own proxy are.
  if NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" \
    quietly npm-admin-client npm ci --prefix "${folder}.part" --ignore-scripts --no-audit --no-fund; then
    mv "${folder}.part" "${folder}"
  else
    say "npm could not install them; //tests/admin:node_client_test will fail."
  fi
}

fetch_promtool() {
  if [[ -x "${PROMTOOL}" ]]; then return 0; fi
  say "Fetching promtool"
  local download="${PROMTOOL_FOLDER}/download"
  rm -rf "${PROMTOOL_FOLDER}"
  mkdir -p "${download}"
  if [[ -z "$(apt-cache show prometheus 2>/dev/null)" ]]; then
    quietly apt-update as_root apt-get update || die "the package lists could not be fetched (apt-get update)."
  fi
  (cd "${download}" && quietly apt-download apt-get download prometheus) ||
    die "Debian's package prometheus could not be fetched."
  dpkg-deb --extract "${download}"/prometheus_*.deb "${PROMTOOL_FOLDER}" || die "the package prometheus is damaged."
  rm -rf "${download}"
}

# Bazel 4 never removes anything from its disk cache.
prune_disk_cache() {
  local folder="${SLUICE_CACHE}/bazel-disk"
  if [[ -d "${folder}" ]]; then find "${folder}" -type f -atime +30 -delete 2>/dev/null || true; fi
}

setup_build() {
  install_packages "${BUILD_PACKAGES[@]}"
  install_admin_client
  prune_disk_cache
}

setup_check() {
  install_packages "${BUILD_PACKAGES[@]}" "${CHECK_PACKAGES[@]}"
  install_buildifier
}

setup_conformance() {
  install_packages "${BUILD_PACKAGES[@]}" "${CONFORMANCE_PACKAGES[@]}"
  install_node
}

setup_all() {
  setup_build
  setup_check
  setup_conformance
  say "Everything is installed."
}
