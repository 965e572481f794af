#!/usr/bin/env bash
# Make a virtual environment with the newest Python that popsim supports and that works here.
# Usage: make_venv.sh FOLDER [PYTHON]
set -euo pipefail

folder=$1
wanted=${2:-}
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'

found=
for candidate in ${wanted:-python3.14 python3.13 python3.12 python3.11 python3}; do
  # A launcher may exist and lead nowhere (pyenv): so it is run, not only looked up.
  if "$candidate" -c "$supported" >/dev/null 2>&1; then
    found=$candidate
    break
  fi
done
if [[ -z $found ]]; then
  have=$(${wanted:-python3} --version 2>&1 | head -n 1 || true)
  {
    echo "popsim needs Python 3.11, 3.12, 3.13 or 3.14."
    echo "    found    ${wanted:-python3}: ${have:-nothing}"
    echo "    to mend  install one of these, or name one: make PYTHON=/path/to/python3.12 ..."
  } >&2
  exit 2
fi

if ! "$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  {
    echo "$found cannot make virtual environments: its module ensurepip is missing."
    echo "    to mend  on Debian and Ubuntu: apt install python3-venv (or python$version-venv)"
  } >&2
  exit 2
fi

echo "Making $folder with $("$found" --version)"
"$found" -m venv --clear "$folder"
