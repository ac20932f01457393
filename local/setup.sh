#!/bin/sh
# Finds a Python that the project runs on and lets it install everything: `make setup` calls it.
# Usage: setup.sh ENVIRONMENT [PYTHON]
set -u
environment=$1
python=${2:-}
works='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))'

if [ -n "$python" ]; then
  if ! version=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null); then
    echo "PYTHON=$python does not run here; name a Python 3.10 to 3.14" >&2
    exit 1
  elif ! "$python" -c "$works"; then
    echo "PYTHON=$python is Python $version; the project needs 3.10 to 3.14" >&2
    exit 1
  fi
elif [ -e "$environment/.ready" ] && "$environment/bin/python" -c "$works" 2>/dev/null; then
  python=$environment/bin/python # a complete environment keeps its Python
else
  for candidate in python3.11 python3.12 python3.10 python3.13 python3.14 python3; do
    if "$candidate" -c "$works" 2>/dev/null; then
      python=$candidate
      break
    fi
  done
  if [ -z "$python" ]; then
    echo "No Python 3.10 to 3.14 was found; name one with PYTHON=..." >&2
    exit 1
  fi
fi
exec "$python" -m local.installation "$environment"
