#!/usr/bin/env bash
# Exports the app for the web into mobile/dist, where its sources changed since the last time.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=mobile/dist/.sources
want=$(find mobile packages/client/src packages/wire/src package-lock.json -type f \
  -not -path '*/node_modules/*' -not -path 'mobile/dist*' -not -path 'mobile/.expo/*' -not -path 'mobile/e2e/*' -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi
echo "Building the web client (once per change, about a minute) …"
fresh=mobile/dist.new
rm -rf "$fresh"
log=$(mktemp)
if ! (cd mobile && CI=1 EXPO_OFFLINE=1 EXPO_NO_TELEMETRY=1 EXPO_NO_DOTENV=1 NODE_ENV=production expo export --platform web --output-dir dist.new >"$log" 2>&1 </dev/null); then
  cat "$log" >&2
  rm -f "$log"
  echo "clatter: the web client could not be built" >&2
  exit 1
fi
rm -f "$log"
printf '%s\n' "$want" > "$fresh/.sources"
rm -rf mobile/dist
mv "$fresh" mobile/dist
