"""Reads the configuration of the stack that is being deployed. No other module asks Pulumi for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pulumi
from pulumi.runtime import config as runtime_config

from components.settings.checks.regions import region
from components.settings.model import Settings
from components.settings.problems import Problem, Refused
from components.settings.reading import settings_from_config

# The region of Pulumi's AWS provider. Without it, the provider uses the region of the environment.
_REGION = "aws:region"


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """A stack's configuration in the project's own namespace.

    Attributes:
        namespace: The project's name.
        values: Values by key, without the namespace.
        refused: The problems of the keys that are encrypted in the stack's file, and of the provider's region.
    """

    namespace: str
    values: Mapping[str, object]
    refused: Refused


def read_config() -> StackConfig:
    """Return the configuration of the stack that is being deployed."""
    # `pulumi.Config` returns only the keys that it is asked for, and unknown keys must be found to refuse them.
    everything = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    # Pulumi decrypts values before it starts the program. A structured value is encrypted if one part of it is.
    in_environment = set(runtime_config.get_config_secret_keys_env())
    encrypted = {key for key in everything if runtime_config.is_config_secret(key) or key in in_environment}
    return _config(everything, namespace=pulumi.get_project(), encrypted=encrypted)


def read_settings(clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Settings:
    """Return the settings of the stack that is being deployed.

    Args:
        clock: Returns the present time, with a time zone.

    Raises:
        SettingsError: Lists every problem.
    """
    return _settings(read_config(), clock())


def check_settings(everything: Mapping[str, object], *, project: str, now: datetime) -> Settings:
    """Return the settings that the program would read, without a deployment.

    Args:
        everything: The stack's configuration by full name (`project:key`), without encrypted values.
        project: The project's name.
        now: The present time, with a time zone.

    Raises:
        SettingsError: Lists every problem.
    """
    return _settings(_config(everything, namespace=project), now)


def _settings(config: StackConfig, now: datetime) -> Settings:
    return settings_from_config(config.values, namespace=config.namespace, now=now, refused=config.refused)


def _config(everything: Mapping[str, object], *, namespace: str, encrypted: Collection[str] = ()) -> StackConfig:
    prefix = f"{namespace}:"
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    refused = {key: (_encrypted(f"{prefix}{key}"),) for key in values if f"{prefix}{key}" in encrypted}
    if _REGION in everything and _REGION not in encrypted and (finding := region(str(everything[_REGION]))):
        problem = Problem(key=_REGION, value=everything[_REGION], rule=finding.rule, remedy=finding.remedy)
        refused[_REGION] = (problem,)
    return StackConfig(namespace=namespace, values=values, refused=refused)


def _encrypted(key: str) -> Problem:
    return Problem(
        key=key,
        value=None,
        found="is encrypted",
        rule="settings are plain text in the deployed resources, in the state and in previews",
        remedy="Write it without 'secure:' in the stack's file, or set it again with 'pulumi config set --plaintext'",
    )
