"""Reads the configuration of the stack that is being deployed. No other module asks Pulumi for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi.runtime import config as runtime_config

from components.settings.model import Settings
from components.settings.problems import Problem, Refused
from components.settings.reading import settings_from_config


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """A stack's configuration in the project's own namespace.

    Attributes:
        namespace: The project's name.
        values: Values by key, without the namespace.
        refused: The problems of the keys that are encrypted in the stack's file.
    """

    namespace: str
    values: Mapping[str, object]
    refused: Refused


def read_config() -> StackConfig:
    """Return the stack's configuration."""
    namespace = pulumi.get_project()
    # `pulumi.Config` returns only the keys that it is asked for, and unknown keys must be found to refuse them.
    everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{namespace}:"
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    # Pulumi decrypts values before it starts the program. A structured value is encrypted if one part of it is.
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
        SettingsError: Lists every problem.
    """
    config = read_config()
    return settings_from_config(config.values, namespace=config.namespace, refused=config.refused)


def _encrypted(key: str) -> Problem:
    return Problem(
        key=key,
        value=None,
        found="is encrypted",
        rule="settings are plain text in the deployed resources, in the state and in previews",
        remedy="Write it without 'secure:' in the stack's file, or set it again with 'pulumi config set --plaintext'",
    )
