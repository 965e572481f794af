#!/usr/bin/env bash
# Installs what the tests of documents need beside Python, where it is missing: a browser, LibreOffice, pdftoppm, and the
# fonts that are as wide as those which documents name: pages are counted.
set -euo pipefail

missing=()
command -v chromium > /dev/null || command -v google-chrome > /dev/null || missing+=(chromium)
command -v soffice > /dev/null || missing+=(libreoffice-writer-nogui libreoffice-calc-nogui)
command -v pdftoppm > /dev/null || missing+=(poppler-utils)
fc-list 2> /dev/null | grep -q Liberation || missing+=(fontconfig fonts-liberation)
fc-list 2> /dev/null | grep -q Carlito || missing+=(fonts-crosextra-carlito)
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]} ..."
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" > /dev/null
