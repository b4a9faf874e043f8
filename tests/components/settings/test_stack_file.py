from __future__ import annotations

import contextvars
import json

import pulumi
import pytest
from pulumi.runtime.settings import Settings as RuntimeSettings
from pulumi.runtime.settings import configure

from components.settings.model import Settings
from components.settings.problems import SettingsError
from components.settings.stack_file import read_settings
from tests.components import recorded


def test_settings_are_read_from_the_environment_that_the_command_line_sets(
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


SECRET = "hunter2, which nobody may read"


def refused(**changes: object) -> list[str]:
    """Return the lines of the error if the changed settings are encrypted in the stack's file."""
    recording = recorded.run("dev", encrypted=changes, **changes)

    assert type(recording.error) is pulumi.RunError
    assert [resource for resource in recording.resources if resource.custom] == []
    assert "hunter2" not in str(recording.error)
    return str(recording.error).splitlines()


def test_an_encrypted_setting_is_refused_because_it_would_become_plain_text() -> None:
    assert refused(defaultPrompt=SECRET) == [
        "The stack's settings have one problem:",
        "  - agent-runs:defaultPrompt is encrypted: settings are plain text in the deployed resources, in the "
        "state and in previews. Write it without 'secure:' in the stack's file, or set it again with "
        "'pulumi config set --plaintext'",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schedules", [{"name": "weekly", "expression": "rate(7 days)", "prompt": SECRET}]),
        ("alarmEmails", [SECRET]),
        ("modelId", SECRET),
        ("tags", {"owner": SECRET}),
        ("leaseSeconds", SECRET),
        ("subnetIds", [SECRET]),
        ("inputTokenPrice", SECRET),
        ("unknown", SECRET),
    ],
)
def test_an_encrypted_setting_has_no_other_problem_and_its_value_is_not_shown(key: str, value: object) -> None:
    title, problem = refused(**{key: value})

    assert title.endswith("one problem:")
    assert problem.startswith(f"  - agent-runs:{key} is encrypted: ")


def test_encrypted_settings_are_reported_with_every_other_problem() -> None:
    stopped = recorded.run("dev", encrypted=["modelId", "alarmEmails"], alarmEmails=[SECRET], maxTurns=0, protect="no")

    keys = [line.split(" ")[3] for line in str(stopped.error).splitlines()[1:]]
    assert sorted(keys) == [f"agent-runs:{key}" for key in ("alarmEmails", "maxTurns", "modelId", "protect")]


def test_a_secret_of_another_namespace_is_ignored() -> None:
    recording = recorded.record(
        lambda: pulumi.export("model", read_settings().model_id),
        project="agent-runs",
        stack_name="dev",
        config={
            "agent-runs:modelId": "amazon.nova-pro-v1:0",
            "agent-runs:tags": json.dumps({"owner": "platform@example.com", "cost-center": "7"}),
            "aws:secretKey": SECRET,
        },
        encrypted=["aws:secretKey"],
    )

    assert recording.error is None
    assert recording.outputs == {"model": "amazon.nova-pro-v1:0"}


def test_encrypted_keys_are_read_from_the_environment_that_the_command_line_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"agent-runs:defaultPrompt": SECRET}))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["agent-runs:defaultPrompt"]))

    def read() -> Settings:
        configure(RuntimeSettings(project="agent-runs", stack="prod"))
        return read_settings()

    with pytest.raises(SettingsError, match="agent-runs:defaultPrompt is encrypted"):
        contextvars.copy_context().run(read)
