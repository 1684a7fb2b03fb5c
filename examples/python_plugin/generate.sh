#!/bin/bash
# Makes the Python stubs of the protocol and of the plugins' configuration, in `generated` beside this file.
#
# Usage: generate.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
# The folder that `proto` lies in: this one, or the source of Sluice.
protocol="${SLUICE_SOURCE:-.}"
mkdir -p generated
protoc -I. -I"${protocol}" --python_out=generated --grpc_out=generated \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  "${protocol}/proto/event/v1/event.proto" "${protocol}/proto/plugin/v1/plugin.proto" ./*_config.proto
# Packages, so that others of the same names elsewhere do not get in the way.
find generated -type d -exec touch '{}/__init__.py' \;
