"""The effects of each setting on a deployed stack: `python -m tests.engine.changes` writes them for reviewers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.components.recorded import PROJECT
from tests.engine import workspace
from tests.engine.workspace import EngineStack, Outcome

FILE = PROJECT / "snapshots" / "settings.txt"

_HEADER = """\
# What changing one setting of the dev stack does to it, as the Pulumi engine previews it. Written by
# 'python -m tests.engine.changes'. A resource that holds data is never replaced or deleted.
"""

# A value for each setting that differs from that of the dev stack. A setting that needs a second one brings it along.
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "modelId": {"modelId": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"},
    "baseModelId": {
        "modelId": "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcdef012345",
        "baseModelId": "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    },
    "modelFactory": {"modelFactory": "agent.harness.models:bedrock"},
    "temperature": {"temperature": 0.5},
    "maxTurns": {"maxTurns": 30},
    "maxTokens": {"maxTokens": 300_000},
    "maxPromptCharacters": {"maxPromptCharacters": 9_000},
    "defaultPrompt": {"defaultPrompt": "Which functions can be deleted?"},
    "analysisRegions": {"analysisRegions": ["eu-west-1", "us-east-1"]},
    "refreshPrices": {"refreshPrices": True},
    "groupByTag": {"groupByTag": "owner"},
    "logLevel": {"logLevel": "INFO"},
    "traceContent": {"traceContent": True},
    "evaluators": {"traceContent": True, "evaluators": ["Builtin.GoalSuccessRate"], "evaluationPercentage": 10},
    "evaluationPercentage": {
        "traceContent": True,
        "evaluators": ["Builtin.GoalSuccessRate"],
        "evaluationPercentage": 10,
    },
    "inputTokenPrice": {"inputTokenPrice": 2},
    "outputTokenPrice": {"outputTokenPrice": 6},
    "heartbeatSeconds": {"heartbeatSeconds": 20},
    "leaseSeconds": {"leaseSeconds": 150},
    "startSeconds": {"startSeconds": 150},
    "agentDeadlineSeconds": {"agentDeadlineSeconds": 3_300},
    "modelRetrySeconds": {"modelRetrySeconds": 240},
    "workflowDeadlineSeconds": {"workflowDeadlineSeconds": 4_000},
    "maxLifetimeSeconds": {"maxLifetimeSeconds": 8_000},
    "idleTimeoutSeconds": {"idleTimeoutSeconds": 400},
    "maxAttempts": {"maxAttempts": 2},
    "expectedSeconds": {"expectedSeconds": 240},
    "pollMinSeconds": {"pollMinSeconds": 6},
    "pollMaxSeconds": {"pollMaxSeconds": 90},
    "schedules": {"schedules": [{"name": "daily", "expression": "rate(1 day)"}]},
    "schedulesEnabled": {"schedulesEnabled": True},
    "maxLiveRuns": {"maxLiveRuns": 20},
    "excessRuns": {"excessRuns": "fail"},
    "logRetentionDays": {"logRetentionDays": 14},
    "journalRetentionDays": {"journalRetentionDays": 30},
    "reportRetentionDays": {"reportRetentionDays": 60},
    "protect": {"protect": True},
    "customerManagedKeys": {"customerManagedKeys": True},
    "platformVersion": {"platformVersion": "V1"},
    "permissionsBoundary": {"permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary"},
    "starterReservedConcurrency": {"starterReservedConcurrency": 3},
    "subnetIds": {"subnetIds": ["subnet-0123456789abcdef0"], "securityGroupIds": ["sg-0123456789abcdef0"]},
    "securityGroupIds": {"subnetIds": ["subnet-0123456789abcdef0"], "securityGroupIds": ["sg-0123456789abcdef0"]},
    "alarmEmails": {"alarmEmails": ["platform@example.com"]},
    "notifyOn": {"notifyOn": "change"},
    "tags": {"tags": {"owner": "others@example.com", "cost-center": "platform-dev"}},
}


def describe(setting: str, outcome: Outcome) -> str:
    """Return one setting's paragraph: each resource that changes, sorted, with the properties that differ."""
    return "\n".join([f"{setting}: {_value(CHANGES[setting])}", *_lines(outcome)]) + "\n"


def preview(stack: EngineStack, *settings: str) -> Outcome:
    """Preview the stack with some settings changed."""
    with stack.settings(**{name: value for setting in settings for name, value in CHANGES[setting].items()}):
        return stack.preview()


def recorded() -> dict[str, set[str]]:
    """Return the committed steps of each setting, one for each property that differs."""
    paragraphs = FILE.read_text().removeprefix(_HEADER).strip("\n").split("\n\n")
    return {
        paragraph.partition(":")[0]: set(_by_property(line.strip() for line in paragraph.splitlines()[1:]))
        for paragraph in paragraphs
    }


def steps(outcome: Outcome) -> set[str]:
    """Return the steps of a preview, one for each property that differs."""
    return set(_by_property(line.strip() for line in _lines(outcome)))


def _paragraphs() -> Iterator[str]:
    with workspace.stack("dev") as stack:
        first = stack.up()
        assert not first.error, first.output
        for setting in CHANGES:
            outcome = preview(stack, setting)
            assert not outcome.error, outcome.output
            print(setting, file=sys.stderr)
            yield describe(setting, outcome)


def _lines(outcome: Outcome) -> Iterator[str]:
    for resource, operation in sorted(outcome.steps.items(), key=lambda step: (step[1], step[0])):
        yield f"  {operation} {resource}{_properties(outcome.properties[resource])}"


def _by_property(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        step, _, properties = line.removesuffix(")").partition(" (")
        yield from (f"{step} {name}" for name in properties.split(", ")) if properties else [step]


def _value(changes: Mapping[str, Any]) -> str:
    values = list(changes.values())
    return str(values[0]) if len(values) == 1 else ", ".join(f"{name} {value}" for name, value in changes.items())


def _properties(names: list[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


if __name__ == "__main__":
    FILE.write_text(_HEADER + "\n" + "\n".join(_paragraphs()))
