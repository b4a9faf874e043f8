"""Every policy document of both stacks, read by parliament, which knows AWS's actions, resources and conditions."""

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
    """A finding that is none, and why."""

    pattern: str
    reason: str


KNOWN = [
    Known(
        pattern=r"UNKNOWN_PREFIX .* bedrock-agentcore",
        reason="AgentCore is younger than parliament's data; functions/ calls exactly these actions.",
    ),
    Known(
        pattern=r"RESOURCE_MISMATCH \[\{'action': 'logs:DescribeLogGroups', 'required_format': '\*'\}\]",
        reason="AWS's reference has a resource for it by now, and AgentCore's documentation grants it on log-group:*.",
    ),
    Known(
        pattern=r"INVALID_ARN Region .* arn:aws:bedrock:(eu|us)-\*::foundation-model/",
        reason="A cross-region inference profile picks the region, so its model is granted by pattern.",
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
        reason="The encryption context of a log group is its ARN, which CloudWatch's guide compares in this way.",
    ),
    Known(
        pattern=r"MISMATCHED_TYPE_BUT_USABLE .*StringEquals",
        reason="bedrock:InferenceProfileArn is compared whole, which a text comparison does as well.",
    ),
]


def documents(recording: Recording) -> Iterator[tuple[str, str]]:
    """Every document with a name for it; one that only says who may be whom is completed with the role itself."""
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
    # Where it is imported it warns of its age, and it reads ten megabytes.
    from parliament import analyze_policy_string

    return [_told(finding) for finding in analyze_policy_string(document).findings]


def _told(finding: Any) -> str:
    return f"{finding.issue} {finding.title or ''} {finding.detail} {finding.location.get('string', '')}".replace(
        "  ", " "
    )


def test_parliament_finds_nothing_that_is_not_known_to_be_right(deployed: Recording) -> None:
    read = list(documents(deployed))
    unknown = [
        (name, finding)
        for name, document in read
        for finding in findings(document)
        if not any(re.match(known.pattern, finding) for known in KNOWN)
    ]

    assert len(read) > 15
    assert unknown == []


def test_no_finding_is_excused_that_is_not_there(dev: Recording, prod: Recording) -> None:
    found = [f for recording in (dev, prod) for _, document in documents(recording) for f in findings(document)]

    assert [k.pattern for k in KNOWN if not any(re.match(k.pattern, finding) for finding in found)] == []


def test_parliament_finds_nothing_in_what_a_setting_adds() -> None:
    refreshing = recorded.run("dev", refreshPrices=True)
    added = [document for _, document in documents(refreshing) if "pricing:GetProducts" in document]

    assert len(added) == 1
    assert [f for f in findings(added[0]) if not any(re.match(known.pattern, f) for known in KNOWN)] == []


def test_parliament_would_find_what_is_wrong() -> None:
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
