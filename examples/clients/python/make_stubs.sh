#!/usr/bin/env bash
# Makes the Python modules of the admin API: make_stubs.sh SLUICE_ROOT FOLDER
#
# With Debian's packages protobuf-compiler, protobuf-compiler-grpc, python3-grpcio and python3-protobuf.
set -euo pipefail

root="$1"
folder="$2"
mkdir -p "${folder}"
cd "${root}"
protoc --proto_path=. --python_out="${folder}" --grpc_out="${folder}" --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  proto/admin/v1/*.proto proto/event/v1/*.proto
