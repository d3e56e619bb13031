#!/usr/bin/env bash
# The browser that the report's test opens: installed on Debian and Ubuntu where none is found. Used by CI only.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then
    printf 'browser: %s\n' "$("$name" --version 2>/dev/null | head -n 1)"
    exit 0
  fi
done
if [ "$(id -u)" -ne 0 ]; then
  echo 'browser: none found; install one, for example with `sudo apt-get install chromium`' >&2
  exit 1
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
chromium --version
