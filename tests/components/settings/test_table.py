from __future__ import annotations

import dataclasses

import pytest

from components.settings import table as settings_table
from components.settings.budgets import Budgets
from components.settings.model import Settings
from components.settings.schedules import ScheduleSettings
from components.settings.setting import camel_case


def test_the_page_has_the_table_that_the_code_makes() -> None:
    page = settings_table.PAGE.read_text()

    assert page == settings_table.with_table(page), "run 'python -m components.settings.table --write'"


def test_every_setting_is_in_the_table_with_its_meaning() -> None:
    names = {camel_case(field.name) for kind in (Settings, Budgets) for field in dataclasses.fields(kind)} - {"budgets"}
    names |= {f"schedules[].{camel_case(field.name)}" for field in dataclasses.fields(ScheduleSettings)}
    rows = [line.strip("| ").split(" | ") for line in settings_table.table().splitlines()[2:]]

    assert {row[0].strip("`") for row in rows} == names
    assert all(len(row) == 4 and row[3].endswith(".") for row in rows)


def test_the_table_shows_required_settings_and_defaults() -> None:
    rows = {line.split(" | ")[0].strip("|` "): line.split(" | ")[1:3] for line in settings_table.table().splitlines()}

    assert rows["modelId"] == ["text", "*required*"]
    assert rows["leaseSeconds"] == ["whole number", "`120`"]
    assert rows["protect"] == ["true or false", "`false`"]
    assert rows["modelFactory"] == ["text", ""]
    assert rows["tags"] == ["mapping", "*required*: `owner`, `cost-center`"]


def test_a_text_without_markers_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match="write <!-- settings:begin -->"):
        settings_table.with_table("# A page\n")
