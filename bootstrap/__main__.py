"""Runs the program. Pulumi puts this folder on the import path; the code shared with the stacks is in its parent."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
importlib.import_module("bootstrap.program").deploy()
