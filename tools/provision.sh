#!/usr/bin/env bash
# Installs what the tests need beside the packages: Chromium. Does nothing where it is there.
set -euo pipefail
fail() { echo "clatter: $1" >&2; exit 1; }
if [ -n "${CLATTER_TEST_CHROMIUM:-}" ]; then
  [ -x "$CLATTER_TEST_CHROMIUM" ] || fail "CLATTER_TEST_CHROMIUM: want a program, got \"$CLATTER_TEST_CHROMIUM\""
  exit 0
fi
for browser in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -x "$browser" ]; then exit 0; fi
done
elsewhere="install Chromium, and set CLATTER_TEST_CHROMIUM to its program where that is not /usr/bin/chromium"
command -v apt-get >/dev/null || fail "Chromium is missing and there is no apt-get: $elsewhere"
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "Chromium is missing, and only root or sudo may install it: $elsewhere"
  sudo=sudo
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for pause in 0 5 15; do
  sleep "$pause"
  if $sudo apt-get update >"$log" 2>&1 &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-noto-color-emoji >>"$log" 2>&1; then
    exit 0
  fi
done
tail -n 20 "$log" >&2
fail "apt-get could not install Chromium: $elsewhere"
