from __future__ import annotations

import difflib
from dataclasses import replace

import pytest

from components.testing.mocks import ACCOUNT
from tests.components import recorded
from tests.components.recorded import Recording
from tests.delivery import graph

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


def test_every_stack_has_a_text_and_no_other_is_left() -> None:
    assert graph.texts() == [graph.path(stack) for stack in recorded.STACKS], "run 'make snapshots'"


@pytest.mark.parametrize("stack", recorded.STACKS)
def test_the_committed_snapshots_match_the_registered_resources(stack: str) -> None:
    recording = recorded.of_stack(stack)
    assert recording.error is None
    committed, now = graph.path(stack).read_text(), graph.render(recording)

    difference = difflib.unified_diff(committed.splitlines(), now.splitlines(), "committed", "now", lineterm="", n=2)
    if committed != now:
        pytest.fail(
            f"Stack {stack} is no longer what snapshots/{stack}.txt says. Run 'make snapshots', read the difference, "
            "and commit it with the change:\n" + "\n".join(difference),
            pytrace=False,
        )


def test_every_resource_of_a_stack_is_in_its_text_once(deployed: Recording) -> None:
    lines = [line.strip().removesuffix(" (protected)") for line in graph.render(deployed).splitlines()]
    expected = [f"{r.type.split(':')[-1]} {r.name}" for r in deployed.resources]

    assert sorted(line for line in lines if not line.startswith((". ", "#"))) == sorted(expected)


def test_the_text_does_not_depend_on_the_order_in_which_resources_were_registered(dev: Recording) -> None:
    assert graph.render(replace(dev, resources=dev.resources[::-1])) == graph.render(dev)


def test_the_text_contains_neither_code_digests_nor_the_account(dev: Recording) -> None:
    other_code = tuple(
        replace(r, inputs={**r.inputs, "key": f"agent/{'0' * 32}.zip"}) if r.name == "code-agent" else r
        for r in dev.resources
    )

    assert graph.render(replace(dev, resources=other_code)) == graph.render(dev)
    assert ACCOUNT not in graph.render(dev)


def test_a_role_s_permissions_are_listed_by_statement(dev: Recording) -> None:
    text = graph.render(dev)

    assert ". policy.KeepJournal: Allow dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem\n" in text
    assert ".     on arn:aws:dynamodb:eu-west-1:<account>:table/agent-runs-dev-journal\n" in text
    assert ".     if aws:SecureTransport Bool false\n" in text
