"""Events of Pulumi's engine, as its event log has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulumi.automation import EngineEvent

# Recorded under Pulumi 3.276: a table replaced, a topic deleted, a log group with a secret tag and a policy updated, a
# queue created.
MIXED = [
    EngineEvent.from_json(json.loads(line))
    for line in (Path(__file__).parent / "previews/mixed.jsonl").read_text().splitlines()
]


def created(name: str, inputs: dict[str, Any]) -> EngineEvent:
    urn = f"urn:pulumi:dev::agent-runs::agent-runs:index:Agent$aws:iam/rolePolicy:RolePolicy::{name}"
    state = {"type": "aws:iam/rolePolicy:RolePolicy", "urn": urn, "custom": True, "inputs": inputs, "outputs": {}}
    return EngineEvent.from_json(
        {"resourcePreEvent": {"metadata": {"op": "create", "urn": urn, "type": state["type"], "new": state}}}
    )


def diagnostic(severity: str, message: str) -> EngineEvent:
    return EngineEvent.from_json({"diagnosticEvent": {"severity": severity, "message": message, "color": "never"}})


def violated(level: str, policy: str) -> EngineEvent:
    return EngineEvent.from_json(
        {
            "policyEvent": {
                "resourceUrn": "urn:pulumi:dev::agent-runs::aws:s3/bucket:Bucket::reports",
                "message": f"{policy} has a reason",
                "color": "never",
                "policyName": policy,
                "policyPackName": "agent-runs",
                "policyPackVersion": "1",
                "policyPackVersionTag": "1",
                "enforcementLevel": level,
            }
        }
    )
