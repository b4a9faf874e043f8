"""The program that Pulumi's engine starts to use this package; docs/second-agent.md explains how to add it."""

import sys
from pathlib import Path

# The engine starts this file by its path, so the project's folder is not on the import path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from package.provider import serve

if __name__ == "__main__":
    serve()
