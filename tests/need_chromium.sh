#!/bin/sh
# The documentation page is tested in a real browser.  Says yes when there is one, else installs Debian's.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        exit 0
    fi
done

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root="nobody"
fi

if [ "$as_root" != "nobody" ] && command -v apt-get >/dev/null; then
    echo "Installing chromium, in which the documentation page is tested ..."
    export DEBIAN_FRONTEND=noninteractive
    if $as_root apt-get update -qq &&
        $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null &&
        command -v chromium >/dev/null; then
        exit 0
    fi
fi

echo "The documentation page is tested in a browser: install chromium or google-chrome, then run this again." >&2
exit 1
