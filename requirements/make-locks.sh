#!/bin/sh
# Makes the lock files anew: hashes, no index address. Run from the project's root, inside the environment of `make`.
set -eu
UV="${UV:-.venv/bin/uv}"
export UV_CUSTOM_COMPILE_COMMAND="requirements/make-locks.sh"
"$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links "$@" \
  pyproject.toml --output-file requirements/runtime.txt
"$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links "$@" \
  pyproject.toml --extra dev --output-file requirements/dev.txt
"$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links "$@" \
  requirements/superset.in --output-file requirements/superset.txt
"$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links "$@" \
  requirements/oidc.in --output-file requirements/oidc.txt
