"""Reads the settings of the stack that is being deployed; the only place that asks Pulumi for configuration."""

from __future__ import annotations

import pulumi
from pulumi.runtime import config as runtime_config

from components.settings import Settings


def read_settings() -> Settings:
    """The stack's settings.

    Raises:
        SettingsError: With everything that is wrong with them.
    """
    namespace = pulumi.get_project()
    # `pulumi.Config` answers only for keys that are asked for; unknown ones must be seen too, to refuse them.
    everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    prefix = f"{namespace}:"
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    return Settings.from_config(values, namespace=namespace)
