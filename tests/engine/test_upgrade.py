"""Upgrades from each released version: `up` over the state that it left keeps everything that holds data.

A renamed component or resource changes URNs, so Pulumi would delete the old resource and create a new one: give the new
one an alias (`pulumi.ResourceOptions(aliases=…)`).
"""

from __future__ import annotations

import re

import pytest

from tests.engine import states, workspace
from tests.engine.behaviour import BEHAVIOURS
from tests.engine.workspace import EngineStack


def data_of(stack: EngineStack) -> set[tuple[str, str]]:
    """Return type and id of everything in the account that holds data."""
    return {(token, id_) for token, id_ in stack.cloud.resources if BEHAVIOURS[token].holds_data}


@pytest.mark.parametrize(("version", "name"), states.released())
def test_an_upgrade_keeps_every_resource_with_data(version: str, name: str) -> None:
    with workspace.stack(name) as stack:
        states.load(version, stack)
        before = data_of(stack)
        up = stack.up()

        assert not up.error, up.output
        assert len(before) > 8
        assert data_of(stack) >= before
        assert not {call for call in stack.cloud.calls if call[0] == "delete" and call[1:] in before}
        assert stack.preview().steps == {}


@pytest.mark.parametrize(("version", "name"), states.released())
def test_a_rule_passes_the_whole_event_only_after_its_state_machine_can_read_it(version: str, name: str) -> None:
    with workspace.stack(name) as stack:
        states.load(version, stack)
        up = stack.up()

        assert not up.error, up.output
        updated = [(token.rpartition(":")[2], id_) for verb, token, id_ in stack.cloud.calls if verb == "update"]
        for machine, rule in (("workflow", "run-requested"), ("cancellation", "cancellation-requested")):
            (reader,) = (i for i, (kind, id_) in enumerate(updated) if kind == "StateMachine" and id_.endswith(machine))
            (sender,) = (i for i, (kind, id_) in enumerate(updated) if kind == "EventTarget" and id_.endswith(rule))
            assert reader < sender


def test_no_released_state_contains_a_path_of_a_machine() -> None:
    for path in states.FOLDER.glob("*/*.json"):
        assert not re.search(r'"path": "/|/home/|/Users/', path.read_text())
