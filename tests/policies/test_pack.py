"""The pack: run on each recorded stack, and served as Pulumi runs it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pulumi_aws
import pytest
import yaml

from policies.rules import tags, wildcards
from policies.rules.documents import statements
from policies.rules.pack import POLICIES
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording
from tests.policies.pack_runs import resources, violations

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

PACK = PROJECT / "policies"


def test_each_stack_follows_every_rule(deployed: Recording) -> None:
    assert deployed.error is None
    assert violations(resources(deployed)) == []


def test_every_type_that_supports_tags_needs_the_required_ones(deployed: Recording) -> None:
    taking = {r.type for r in deployed.resources if r.custom and _takes_tags(r.type)}

    assert taking - {"aws:s3/bucketObjectv2:BucketObjectv2"} - tags.TAGGED == set()


def _takes_tags(type_token: str) -> bool:
    _, module, name = type_token.split(":")
    package = {"lambda": "lambda_"}.get(module.split("/")[0], module.split("/")[0])
    constructor = getattr(getattr(pulumi_aws, package), name)._internal_init
    return "tags" in inspect.signature(constructor).parameters


def test_every_known_wildcard_is_used_by_a_stack() -> None:
    with_options = recorded.run("dev", refreshPrices=True, groupByTag="owner")
    used = {
        (action, known)
        for recording in (*map(recorded.of_stack, recorded.STACKS), with_options)
        for policy in recording.of("RolePolicy")
        for statement in statements(policy["policy"])
        for action in statement.actions
        for known in wildcards.KNOWN
        if any(known.covers(action, pattern, statement) for pattern in statement.resources if "*" in pattern)
    }

    assert {(a, k) for k in wildcards.KNOWN for a in k.actions} - used == set()


def test_policies_have_unique_names_and_a_description() -> None:
    names = [policy.name for policy in POLICIES]

    assert len(set(names)) == len(names)
    assert all(policy.description.endswith(".") for policy in POLICIES)


def test_the_pack_is_served_the_way_pulumi_runs_it(tmp_path: Path) -> None:
    virtualenv = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["runtime"]["options"]["virtualenv"]
    assert Path(virtualenv) == Path("../.venv")
    # From another folder: the rules must be found without the project on the import path.
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    served = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        port = served.stdout.readline()
        assert port.strip().isdecimal(), served.communicate()
    finally:
        served.kill()
        served.communicate()
