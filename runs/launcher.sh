#!/bin/sh
# 'make setup' copies this file to .venv/bin/runs. It starts the project in which it is, from any folder.
bin=$(readlink -f "$0")
bin=${bin%/*}
# -P: no module of the current folder is imported.
exec "$bin/python" -P -c 'import sys; sys.path.insert(0, sys.argv.pop(1)); import runs.__main__' "${bin%/.venv/bin}" "$@"
