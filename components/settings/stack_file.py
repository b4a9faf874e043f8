"""Reads the configuration of the stack that is being deployed; the only place that asks Pulumi for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as runtime_config

from components.settings.model import Settings
from components.settings.problems import Problem, Refused


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """A stack's configuration in the project's own namespace.

    Attributes:
        namespace: The project's name.
        values: Each value, by its key without the namespace.
        refused: The problem of each key that is encrypted in the stack's file.
    """

    namespace: str
    values: Mapping[str, object]
    refused: Refused


def read_config() -> StackConfig:
    """Return the stack's configuration."""
    namespace = pulumi.get_project()
    # `pulumi.Config` answers only for keys that are asked for; unknown ones must be seen too, to refuse them.
    everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{namespace}:"
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    # Pulumi decrypts values before it starts the program. A structured value counts as encrypted if one part of it is.
    in_environment = set(runtime_config.get_config_secret_keys_env())
    refused = {
        key: (_encrypted(f"{prefix}{key}"),)
        for key in values
        if runtime_config.is_config_secret(f"{prefix}{key}") or f"{prefix}{key}" in in_environment
    }
    return StackConfig(namespace=namespace, values=values, refused=refused)


def read_settings() -> Settings:
    """Return the stack's settings.

    Raises:
        SettingsError: With everything that is wrong with them.
    """
    config = read_config()
    return Settings.from_config(config.values, namespace=config.namespace, refused=config.refused)


def _encrypted(key: str) -> Problem:
    return Problem(
        key=key,
        value=None,
        found="is encrypted",
        rule="a setting is stored in plain text in what is deployed, in the state and in previews",
        remedy="Write it in the stack's file without 'secure:', or set it again with 'pulumi config set --plaintext'",
    )
