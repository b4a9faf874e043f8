"""Checks every policy document of each stack with parliament, which has data on AWS's actions and conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from components.testing.mocks import ACCOUNT
from tests.components import recorded
from tests.components.recorded import Recording

pytestmark = [
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning"),
]


@dataclass(frozen=True, kw_only=True)
class Known:
    """A false finding, with the reason."""

    pattern: str
    reason: str


KNOWN = [
    Known(
        pattern=r"UNKNOWN_PREFIX .* bedrock-agentcore",
        reason="AgentCore is younger than parliament's data; functions/ calls exactly these actions.",
    ),
    Known(
        pattern=r"UNKNOWN_ACTION .* lambda:(ListCapacityProviders|ListDurableExecutions|ListMicrovms|ListWebFunctions)",
        reason="Lambda's newest APIs are younger than parliament's data; AWS's reference has the actions.",
    ),
    Known(
        pattern=r"RESOURCE_MISMATCH \[\{'action': 'logs:DescribeLogGroups', 'required_format': '\*'\}\]",
        reason="AWS's reference has a resource for it now, and AgentCore's documentation grants it on log-group:*.",
    ),
    Known(
        pattern=r"RESOURCE_MISMATCH \[\{'action': 'logs:PutResourcePolicy', 'required_format': '\*'\}\]",
        reason="A log group can have a policy of its own now, and AgentCore's documentation grants it on the group.",
    ),
    Known(
        pattern=r"INVALID_ARN Region .* arn:aws:bedrock:(eu|us)-\*::foundation-model/",
        reason="A cross-region inference profile chooses the region, so its model is granted by pattern.",
    ),
    Known(
        pattern=r"RESOURCE_MISMATCH \[\{'action': 'bedrock:InvokeModel', .*foundation-model",
        reason="The same pattern: parliament compares it with the literal forms of the resource.",
    ),
    Known(
        pattern=r"RESOURCE_STAR \['kms:",
        reason="In the policy of a key, * is that key and nothing else.",
    ),
    Known(
        pattern=r"MISMATCHED_TYPE Type mismatch: ArnLike requires a value of type Arn but given String",
        reason="The encryption context of a log group is its ARN, and CloudWatch's guide compares it in this way.",
    ),
    Known(
        pattern=r"MISMATCHED_TYPE_BUT_USABLE .*StringEquals",
        reason="bedrock:InferenceProfileArn is compared exactly, and a text comparison does that too.",
    ),
]


def documents(recording: Recording) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every document; a trust policy gets its role as the resource."""
    for resource in recording.resources:
        for key in ("policy", "assumeRolePolicy"):
            if key not in resource.inputs:
                continue
            document = json.loads(resource[key])
            if key == "assumeRolePolicy":
                for statement in document["Statement"]:
                    statement["Resource"] = f"arn:aws:iam::{ACCOUNT}:role/{resource['name']}"
            yield f"{resource.type.split(':')[-1]} {resource.name}", json.dumps(document)


def findings(document: str) -> list[str]:
    # Imported here, because the import warns of deprecated features and reads ten megabytes.
    from parliament import analyze_policy_string

    return [_text(finding) for finding in analyze_policy_string(document).findings]


def _text(finding: Any) -> str:
    return f"{finding.issue} {finding.title or ''} {finding.detail} {finding.location.get('string', '')}".replace(
        "  ", " "
    )


def test_parliament_has_only_known_false_findings(deployed: Recording) -> None:
    read = list(documents(deployed))
    unknown = [
        (name, finding)
        for name, document in read
        for finding in findings(document)
        if not any(re.match(known.pattern, finding) for known in KNOWN)
    ]

    assert len(read) > 15
    assert unknown == []


def test_every_known_false_finding_still_occurs() -> None:
    recordings = map(recorded.of_stack, recorded.STACKS)
    found = [f for recording in recordings for _, document in documents(recording) for f in findings(document)]

    assert [k.pattern for k in KNOWN if not any(re.match(k.pattern, finding) for finding in found)] == []


def test_parliament_has_only_known_false_findings_in_optional_policies() -> None:
    optional = recorded.run("dev", refreshPrices=True, groupByTag="owner")
    added = [document for _, document in documents(optional) if "pricing:GetProducts" in document]

    assert len(added) == 1
    assert "tag:GetResources" in added[0]
    assert [f for f in findings(added[0]) if not any(re.match(known.pattern, f) for known in KNOWN)] == []


def test_parliament_finds_wrong_statements() -> None:
    wrong = {
        "UNKNOWN_ACTION": {"Action": "s3:GetTheObject", "Resource": "arn:aws:s3:::b/k"},
        "RESOURCE_MISMATCH": {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"},
        "UNKNOWN_CONDITION_FOR_ACTION": {
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/k",
            "Condition": {"StringEquals": {"s3:prefix": "p"}},
        },
    }

    for issue, statement in wrong.items():
        document = {"Version": "2012-10-17", "Statement": [{"Sid": "Wrong", "Effect": "Allow", **statement}]}
        assert any(finding.startswith(issue) for finding in findings(json.dumps(document))), issue
