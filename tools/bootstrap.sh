#!/usr/bin/env bash
# Installs the locked packages where the lock changed since the last time. Safe to repeat and to interrupt: the stamp is
# written last.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "clatter: $1" >&2; exit 1; }
command -v node >/dev/null || fail "Node is missing: install Node 24 or newer (on Linux x64, 20 or newer will do)"
command -v npm >/dev/null || fail "npm is missing: it comes with Node"
major=$(node --version | sed -E 's/^v([0-9]+).*/\1/')
if [ "$major" -lt 24 ] && ! { [ "$(uname -sm)" = "Linux x86_64" ] && [ "$major" -ge 20 ]; }; then
  fail "Node $(node --version) is too old: install Node 24 or newer (on Linux x64, 20 or newer will do)"
fi

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
stamp=node_modules/.clatter-lock
want=$(cat package-lock.json .npmrc | sha256)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi
echo "Installing packages (once, about a minute) …"
rm -f "$stamp"
npm ci --loglevel=error || fail "npm ci failed: is the package registry within reach, and package-lock.json as it was committed?"
printf '%s\n' "$want" > "$stamp"
