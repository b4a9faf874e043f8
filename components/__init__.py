"""The Pulumi components, and the settings and bundles that they are made from."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
"""The project's folder, with pyproject.toml and uv.lock."""
