#!/usr/bin/env bash
# The whole platform in the foreground: brings up to date what was built, then becomes the platform itself, so that a signal to this process
# drains it and the exit code is its own.
set -euo pipefail
cd "$(dirname "$0")/.."
make --silent --no-print-directory build
tools/with-node.sh node tools/src/web-export.ts
exec tools/with-node.sh node standalone/dist/main.js
