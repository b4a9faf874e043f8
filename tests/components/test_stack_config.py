from __future__ import annotations

import contextvars
import json

import pytest
from pulumi.runtime.settings import Settings as RuntimeSettings
from pulumi.runtime.settings import configure

from components.settings import Settings
from components.stack_config import read_settings
from tests.components import recorded


def test_settings_are_read_from_what_the_command_line_puts_into_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = recorded.configuration("prod") | {"other-project:modelId": "not ours"}
    handed_over = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(handed_over))

    def read() -> Settings:
        configure(RuntimeSettings(project="agent-runs", stack="prod"))
        return read_settings()

    settings = contextvars.copy_context().run(read)

    assert settings.protect
    assert settings.model_id == values["agent-runs:modelId"]
    assert [schedule.name for schedule in settings.schedules] == ["weekly", "month-end"]
