#!/bin/bash
# Makes the Python stubs of the protocol and of config.proto.
#
# Usage: generate.sh [FOLDER]     default: `generated` beside this file
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "${here}/../.." && pwd)"
out="${1:-${here}/generated}"
mkdir -p "${out}"
protoc -I"${root}" --python_out="${out}" --grpc_out="${out}" --plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin \
  "${root}/proto/event/v1/event.proto" "${root}/proto/plugin/v1/plugin.proto" \
  "${root}/examples/python_plugin/config.proto"
# Packages, so that others of the same names elsewhere do not get in the way.
find "${out}" -type d -exec touch '{}/__init__.py' \;
