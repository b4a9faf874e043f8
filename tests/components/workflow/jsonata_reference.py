"""The reference implementation of JSONata, in the version that Step Functions supports."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_FOLDER = Path(__file__).parent / "reference"


class Expression(NamedTuple):
    """An expression without its `{% %}`, its variables without `$`, and the current time in epoch seconds."""

    text: str
    variables: Mapping[str, Any]
    now: float


def evaluate(expressions: Iterable[Expression]) -> list[dict[str, Any]]:
    """Return what each expression results in: `{"value": ...}`, `{}` if it has no value, or `{"error": ...}`.

    It skips the test if the reference implementation is not installed, or fails it with REQUIRE_REFERENCE.
    """
    node = shutil.which("node")
    if not node or not (_FOLDER / "node_modules").exists():
        missing = "The reference implementation is not installed: install Node, then run '.github/scripts/reference'"
        if os.environ.get("REQUIRE_REFERENCE"):
            pytest.fail(missing)
        pytest.skip(missing)
    sent = json.dumps(list(expressions))
    done = subprocess.run([node, "evaluate.js"], cwd=_FOLDER, input=sent, capture_output=True, text=True, check=True)
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results
