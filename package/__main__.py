"""What Pulumi's engine starts to use this package (docs/second-agent.md says how to add it to a project)."""

import sys
from pathlib import Path

# The engine starts this file by its path, so the project beside it is not importable by itself.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from package.provider import serve

if __name__ == "__main__":
    serve()
