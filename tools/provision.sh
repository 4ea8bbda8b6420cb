#!/usr/bin/env bash
# Installs what the tests need beside the packages: Chromium. Does nothing where it is there.
set -euo pipefail
for browser in chromium chromium-browser google-chrome; do
  if command -v "$browser" >/dev/null; then exit 0; fi
done
fail() { echo "clatter: $1" >&2; exit 1; }
command -v apt-get >/dev/null || fail "Chromium is missing and there is no apt-get: install Chromium and put it on the PATH"
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "Chromium is missing: run this as root, install sudo, or install Chromium"
  sudo=sudo
fi
echo "Installing Chromium (once) …"
log=$(mktemp)
for try in 1 2 3; do
  if $sudo apt-get update >"$log" 2>&1 && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-noto-color-emoji >>"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  sleep $((try * 5))
done
tail -n 20 "$log" >&2
fail "Chromium could not be installed"
