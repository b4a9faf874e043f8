"""The environment variables of the agent's process. `agent/harness/environment.py` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from agent.harness.variables import Variable
from components.settings.model import PlatformVersion, Settings
from components.settings.setting import agent_variables

# Bytes of all names and values of an agent that is deployed as a zip. AWS documentation, "Platform versions" of
# AgentCore Runtime, as of November 2026: 4 KB on V1, 1.5 KB on V2. AWS wants to raise the limit of V2.
MOST_BYTES: Mapping[PlatformVersion, int] = {PlatformVersion.V1: 4_096, PlatformVersion.V2: 1_536}
# API reference, CreateAgentRuntime.
MOST_VARIABLES = 50
MOST_CHARACTERS = 5_000

_SHOWN = 3


class EnvironmentSizeError(ValueError):
    """AgentCore would refuse the agent's environment variables; the message contains the remedy."""


def check_size(variables: Mapping[str, Any], platform_version: PlatformVersion) -> Mapping[str, Any]:
    """Return the variables if AgentCore accepts their number and their size.

    AWS reports a violation minutes after the start of a deployment, and does not name the largest variables.

    Args:
        variables: Their values by their names, all of them texts.
        platform_version: The runtime's platform version.

    Raises:
        EnvironmentSizeError: It does not accept them.
    """
    sizes = {name: len(f"{name}{value}".encode()) for name, value in variables.items()}
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:_SHOWN]
    shown = ", ".join(f"{name} ({sizes[name]:,} bytes)" for name in largest)
    if len(variables) > MOST_VARIABLES:
        raise EnvironmentSizeError(
            f"The agent has {len(variables)} environment variables, and AgentCore accepts {MOST_VARIABLES}: pass fewer"
        )
    for name, value in variables.items():
        if len(value) > MOST_CHARACTERS:
            raise EnvironmentSizeError(
                f"The agent's environment variable {name} has {len(value):,} characters, and AgentCore accepts "
                f"{MOST_CHARACTERS:,}: shorten it"
            )
    total, most = sum(sizes.values()), MOST_BYTES[platform_version]
    if total > most:
        larger = MOST_BYTES[PlatformVersion.V1]
        remedy = f", or set platformVersion to V1, which accepts {larger:,}" if most < larger else ""
        raise EnvironmentSizeError(
            f"The agent's environment variables have {total:,} bytes, and AgentCore accepts {most:,} on platform "
            f"version {platform_version}: shorten the largest, which are {shown}{remedy}"
        )
    return variables


def runtime_environment(
    settings: Settings, *, journal_table: pulumi.Input[str], report_bucket: pulumi.Input[str]
) -> Mapping[str, pulumi.Input[str]]:
    """Return the environment variables of the agent's process.

    The declaration of a setting names its variable (`components/settings/model.py`).
    """
    return {
        Variable.JOURNAL_TABLE.value: journal_table,
        Variable.REPORT_BUCKET.value: report_bucket,
        **{variable.value: text for variable, text in agent_variables(settings).items()},
        **_content_of_spans(settings.trace_content),
        # AgentCore requests /ping every few seconds, and a span of each request is of no use.
        "OTEL_PYTHON_EXCLUDED_URLS": "/ping",
        # Spans go to the agent's own log group, with its retention and its key, whenever the runtime was created: the
        # default differs before and after 20 July 2026. ADOT before 0.18 ignores it.
        # https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-configure.html
        "UNIFIED_TRACES_DESTINATION_ENABLED": "true",
    }


def _content_of_spans(kept: bool) -> Mapping[str, str]:
    """Return the variables that decide whether spans contain what was said.

    Strands (`strands.telemetry.tracer`) redacts every content that this token does not list. The instrumentation of
    botocore reads the other variable, which AWS's distribution sets to true if nobody has set it.
    """
    return {
        "OTEL_SEMCONV_STABILITY_OPT_IN": "" if kept else "gen_ai_unredacted_attributes=",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": str(kept).lower(),
    }
