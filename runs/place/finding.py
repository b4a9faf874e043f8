"""Finds the stack: by options, by variables, by the file of a running local stack, or by Pulumi's CLI."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runs.errors import ExitStatus, RunsError
from runs.place.place import Stack

LOCAL_FILE = Path(".local") / "stack.json"
"""What a running local stack leaves in the project's folder, and removes when it ends."""

STACK_VARIABLE = "PULUMI_STACK"
OUTPUTS_VARIABLE = "RUNS_OUTPUTS"
_PULUMI_SECONDS = 60


def find(
    *, project: Path, stack: str | None = None, outputs: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Stack:
    """Return the stack that the operator means.

    The first source that is named wins: `outputs`, `stack`, the variables RUNS_OUTPUTS and PULUMI_STACK. If none is
    named, it is the running local stack, or else the stack that Pulumi has selected.

    Args:
        project: The project's folder.
        stack: The name of a stack that Pulumi knows; `local` means the running local stack.
        outputs: A file with the output of `pulumi stack output --json`.
        environment: The environment variables.

    Raises:
        RunsError: There is no such stack, or it cannot be read.
    """
    if outputs is None and stack is None and (named := environment.get(OUTPUTS_VARIABLE)):
        outputs = Path(named)
    if outputs is not None:
        return _from_file(outputs, name=stack or outputs.stem)
    stack = stack or environment.get(STACK_VARIABLE)
    local = _running(project / LOCAL_FILE) if stack in (None, "local") else None
    if local is not None:
        return local
    if stack == "local":
        raise RunsError("No local stack is running: start one with 'make local'", ExitStatus.NOT_FOUND)
    return _from_pulumi(project, stack)


def _running(path: Path) -> Stack | None:
    """Return the running local stack; None if there is none, or if its process has left the file behind.

    After a loss of power the file is still there, and its process id may belong to another process.
    """
    if not path.exists():
        return None
    found = _read(path)
    try:
        stack = Stack(name="local", outputs=found["outputs"], environment=found["environment"])
        os.kill(found["pid"], 0)
    except KeyError as error:
        raise RunsError(f"{path} has no {error}: end the local stack and start it again with 'make local'") from error
    except (ProcessLookupError, PermissionError):  # no process has the id, or one of another user
        return None
    return stack


def _from_file(path: Path, *, name: str) -> Stack:
    return Stack(name=name, outputs=_read(path), environment={})


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise RunsError(f"{path} cannot be read ({error.strerror}): check the name", ExitStatus.NOT_FOUND) from error
    except ValueError as error:
        raise RunsError(f"{path} is not JSON ({error}): write it with 'pulumi stack output --json'") from error
    if not isinstance(found, dict):
        raise RunsError(f"{path} holds no JSON object: write it with 'pulumi stack output --json'")
    return found


def _from_pulumi(project: Path, stack: str | None) -> Stack:
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", *(["--stack", stack] if stack else [])]
    try:
        answer = subprocess.run(  # noqa: S603
            command, cwd=project, capture_output=True, text=True, timeout=_PULUMI_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise RunsError(
            "No local stack is running, and there is no Pulumi CLI: start one with 'make local', or name a file with "
            f"the stack's outputs in --outputs or {OUTPUTS_VARIABLE}",
            ExitStatus.NOT_FOUND,
        ) from error
    except subprocess.TimeoutExpired as error:
        raise RunsError(
            f"Pulumi did not respond within {_PULUMI_SECONDS} s: check its backend", ExitStatus.UNAVAILABLE
        ) from error
    if answer.returncode:
        reason = (answer.stderr.strip() or "no reason given").splitlines()[0].removeprefix("error: ")
        raise RunsError(
            f"Pulumi cannot read the outputs of {stack or 'the selected stack'}: {reason}", ExitStatus.NOT_FOUND
        )
    return Stack(name=stack or "selected", outputs=json.loads(answer.stdout), environment={})
