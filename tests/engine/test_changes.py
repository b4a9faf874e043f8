"""Each setting changed on a stack that is up: what is updated, and that nothing that holds data is lost."""

from __future__ import annotations

import dataclasses

import pytest

from components.settings.budgets import Budgets
from components.settings.model import Settings
from components.settings.setting import camel_case
from tests.engine import changes
from tests.engine.behaviour import BEHAVIOURS
from tests.engine.workspace import EngineStack

HOLDING_DATA = {token.rpartition(":")[-1] for token, behaviour in BEHAVIOURS.items() if behaviour.holds_data}


def test_every_setting_is_tried() -> None:
    fields = [*dataclasses.fields(Settings), *dataclasses.fields(Budgets)]

    assert set(changes.CHANGES) == {camel_case(field.name) for field in fields} - {"budgets"}
    assert list(changes.recorded()) == list(changes.CHANGES), "run 'python -m tests.engine.changes'"


@pytest.mark.parametrize("setting", changes.CHANGES)
def test_a_changed_setting_does_what_is_committed_and_loses_no_data(deployed_dev: EngineStack, setting: str) -> None:
    preview = changes.preview(deployed_dev, setting)

    assert not preview.error, preview.output
    lost = {resource for operation in ("delete", "replace") for resource in preview.of(operation)}
    assert {resource for resource in lost if resource.split(" ")[0] in HOLDING_DATA} == set()
    assert changes.describe(setting, preview) == changes.recorded()[setting], "run 'python -m tests.engine.changes'"
