"""The environment of the Pulumi CLI in a test: no files or variables of the user, and plugins in the CLI's folder."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.bundles.build import BYTECODE_VARIABLE, OMIT_BYTECODE
from tests.engine import cli


@contextlib.contextmanager
def environment(root: Path, aws_port: int, *, checkpoints: bool = False) -> Iterator[dict[str, str]]:
    """Set the environment variables of the CLI, and yield them.

    The user's own variables of Pulumi and AWS are removed. Bundles have no bytecode, because that would need the Python
    version of AWS.

    Args:
        root: The folder in which the CLI keeps its files.
        aws_port: The port of the stand-in for the AWS provider.
        checkpoints: Whether the engine writes its state after each resource, as it does for a user.
    """
    variables = {
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{aws_port}",
        # Not the state after each resource, which halves the time of a deployment.
        **({} if checkpoints else {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}),
        BYTECODE_VARIABLE: OMIT_BYTECODE,
    }
    own = {name: value for name, value in os.environ.items() if name.startswith(("PULUMI_", "AWS_", BYTECODE_VARIABLE))}
    for name in own:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield variables
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(own)


def cli_root(env: Mapping[str, str]) -> Path:
    """Return a folder whose `bin/pulumi` is the CLI: the Automation API asks for that layout."""
    root = Path(env["PULUMI_HOME"])
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "pulumi").symlink_to(cli.find())
    return root


def install(plugin: str, command: Sequence[str], env: Mapping[str, str]) -> None:
    """Put a provider into the CLI's folder, where the engine finds it."""
    file = Path(env["PULUMI_HOME"]) / "bin" / f"pulumi-resource-{plugin}"
    file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    file.chmod(0o755)
