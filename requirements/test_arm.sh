#!/usr/bin/env bash
# Compare numbers with their stored hashes on an emulated ARM processor: Debian's Python for arm64, and the pinned wheels
# for it, run by qemu. Needs Debian or Ubuntu on x86-64 and the rights of root; takes some 20 minutes, for qemu is slow.
# Usage: test_arm.sh FOLDER PYTHON
set -euo pipefail

folder=$(realpath -m "$1")
python=$2
release=bookworm # whose Python is 3.11

if ! command -v qemu-aarch64-static debootstrap > /dev/null; then
  echo "missing: qemu or debootstrap. On Debian and Ubuntu: sudo apt-get update && sudo apt-get install qemu-user-static debootstrap" >&2
  exit 2
fi
mkdir -p "$folder"

if [ ! -e "$folder/.system" ]; then
  echo "Unpacking Debian for arm64 ..."
  rm -rf "$folder/system"
  debootstrap --foreign --arch=arm64 --variant=minbase --include=python3 "$release" "$folder/system" > "$folder/debootstrap.log"
  # The first stage unpacks what is essential; the rest is only downloaded, and needs no installation to be read.
  for archive in "$folder"/system/var/cache/apt/archives/*.deb; do
    dpkg-deb --extract "$archive" "$folder/system"
  done
  touch "$folder/.system"
fi

if [ requirements/constraints.txt -nt "$folder/.packages" ]; then
  echo "Unpacking wheels for arm64 ..."
  rm -rf "$folder/wheels" "$folder/packages"
  mapfile -t wanted < <("$python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")')
  platforms=()
  for tag in manylinux2014 manylinux_2_17 manylinux_2_27 manylinux_2_28 manylinux_2_34; do
    platforms+=(--platform "${tag}_aarch64")
  done
  "$python" -m pip download --quiet --dest "$folder/wheels" "${platforms[@]}" --python-version 3.11 --only-binary=:all: \
    --constraint requirements/constraints.txt "${wanted[@]}" pytest hypothesis
  mkdir -p "$folder/packages"
  for wheel in "$folder"/wheels/*.whl; do
    "$python" -m zipfile --extract "$wheel" "$folder/packages"
  done
  touch "$folder/.packages"
fi

echo "Computing on $(qemu-aarch64-static -L "$folder/system" "$folder/system/usr/bin/uname" -m) ..."
PYTHONHOME="$folder/system/usr" PYTHONPATH="$PWD:$folder/packages" NUMBA_CACHE_DIR="$folder/numba" \
  qemu-aarch64-static -L "$folder/system" "$folder/system/usr/bin/python3.11" -m tests.hashes write "$folder/emulated-arm.json"
"$python" tests/compare_hashes.py tests/hashes.json "$folder/emulated-arm.json"
