"""Runs the program. Pulumi puts this directory on the import path, and what it shares with the stacks is one above."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
importlib.import_module("bootstrap.program").deploy()
