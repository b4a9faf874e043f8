"""Changes of each setting on a deployed stack: the updated resources, and that no data is lost."""

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


def test_every_setting_is_changed() -> None:
    fields = [*dataclasses.fields(Settings), *dataclasses.fields(Budgets)]

    assert set(changes.CHANGES) == {camel_case(field.name) for field in fields} - {"budgets"}
    assert list(changes.recorded()) == list(changes.CHANGES), "run 'python -m tests.engine.changes'"


# A preview takes two seconds: several settings share one, and its steps are those of all of them together.
SHARED_PREVIEWS = 6


@pytest.mark.parametrize(
    "settings", [list(changes.CHANGES)[first::SHARED_PREVIEWS] for first in range(SHARED_PREVIEWS)], ids=" ".join
)
def test_changed_settings_match_the_committed_changes(deployed_dev: EngineStack, settings: list[str]) -> None:
    preview = changes.preview(deployed_dev, *settings)

    assert not preview.error, preview.output
    lost = {resource for operation in ("delete", "replace") for resource in preview.of(operation)}
    assert {resource for resource in lost if resource.split(" ")[0] in HOLDING_DATA} == set()
    committed = set().union(*(changes.recorded()[setting] for setting in settings))
    assert changes.steps(preview) == committed, "run 'python -m tests.engine.changes'"
