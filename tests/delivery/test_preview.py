"""The comment that shows a preview on its pull request, made from the engine's events."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation import EngineEvent

from tests.delivery.engine_events import MIXED, created, diagnostic, violated
from tests.delivery.workflows import GITHUB

sys.path.insert(0, str(GITHUB))

from preview import __main__ as command
from preview.changes import Preview, read
from preview.markdown import write

LOG = "https://github.example/runs/1"


def comment(preview: Preview) -> str:
    text = write(preview, log=LOG)
    assert len(text.encode()) < 65_536
    return text


def shown(*events: EngineEvent, failed: bool = False, stderr: str = "") -> str:
    return comment(read("dev", events, failed=failed, stderr=stderr))


def test_replaced_and_deleted_resources_come_before_updated_and_created_ones() -> None:
    text = shown(*MIXED)

    assert "### Preview of `dev`: 1 to replace, 1 to delete, 2 to update, 1 to create\n" in text
    assert re.findall(r"^#### (.*)$", text, re.MULTILINE) == [
        "1 to replace: deleted and created again",
        "1 to delete",
        "2 to update",
        "1 to create",
    ]
    assert "| `FireAndForgetAgent / JournalTable` | `aws:dynamodb:Table` | `analyst-journal` | `hashKey` |" in text
    assert text.index("to delete\n") < text.index("<details>")


def test_details_have_the_same_order_and_name_what_forces_a_replacement() -> None:
    details = shown(*MIXED).partition("<details>")[2]

    assert re.findall(r"^@@ (\w+)", details, re.MULTILINE) == ["replace", "update", "update", "create"]
    assert '! hashKey forces the replacement\n- hashKey: "pk"\n+ hashKey: "id"\n' in details
    assert "- retentionInDays: 7\n+ retentionInDays: 30\n" in details


def test_a_policy_is_compared_line_by_line() -> None:
    assert '+           "dynamodb:DeleteItem"' in shown(*MIXED)
    assert "logs:PutLogEvents" not in shown(*MIXED), "it does not change"


def test_a_secret_is_masked_and_an_unknown_value_is_marked() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "AQICAHi"}
    text = shown(
        *MIXED, created("token", {"value": secret, "nested": [secret], "role": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})
    )

    assert '+ tags: {"token": "[secret]"}' in text
    assert '+ value: "[secret]"\n' in text
    assert '+ nested: ["[secret]"]\n' in text
    assert '+ role: "[unknown]"\n' in text
    assert "AQICAHi" not in text


def test_a_first_preview_names_all_resources_and_reports_that_details_are_omitted() -> None:
    policy = json.dumps({"Statement": [{"Action": [f"service:Action{n}"], "Resource": "*"} for n in range(20)]})
    inputs = {f"policy{n}": policy for n in range(4)}
    text = shown(*(created(f"policy-{n}", inputs) for n in range(120)))

    assert "### Preview of `dev`: 120 to create\n" in text
    assert all(f"`policy-{n}` |" in text for n in range(120))
    cut = re.search(r"The details of (\d+) of 120 resources are cut here: \[the log\]\(https://", text)
    assert cut
    assert text.count("@@ create") == 120 - int(cut[1]) > 30
    assert text.index("cut here") < text.index("<details>")
    assert "… (cut: 1," in text, "a long value is cut as well"


def test_a_table_that_is_too_long_for_a_comment_reports_what_it_omits() -> None:
    text = shown(*(created(f"policy-{n}", {"name": "a"}) for n in range(3_000)))

    kept = text.count("| `Agent` |")
    assert f"\n{3_000 - kept} more to create are cut here: [the log]({LOG}) has them.\n" in text


def test_a_preview_without_changes_reports_that_there_are_none() -> None:
    same = created("policy", {})
    assert same.resource_pre_event
    same.resource_pre_event.metadata.op = automation.OpType.SAME

    assert shown(same) == "<!-- preview dev -->\n### Preview of `dev`: nothing changes\n\nUnchanged resources: 1.\n\n"


def test_a_failed_preview_shows_errors_first_and_then_changes() -> None:
    text = shown(
        *MIXED,
        violated("advisory", "tags"),
        violated("mandatory", "encryption"),
        diagnostic("warning", "deprecated"),
        diagnostic("error", "the settings are wrong\n"),
        diagnostic("error", "an unhandled error occurred: the settings are wrong\n"),
        failed=True,
        stderr="error: update failed",
    )

    assert text.startswith("<!-- preview dev -->\n### Preview of `dev`: failed\n\n#### Errors\n")
    headings = re.findall(r"^#### ([^\d\n]*)$", text, re.MULTILINE)
    assert headings == ["Errors", "Violated policies", "Warnings"]
    assert "```text\nthe settings are wrong\n```" in text, "not twice"
    assert "encryption (reports): encryption has a reason" in text
    assert text.index("there may be more") < text.index("1 to replace")


def test_an_error_before_the_engine_starts_is_taken_from_standard_error() -> None:
    assert "#### Errors\n\n```text\nerror: no such stack\n```" in shown(failed=True, stderr="error: no such stack\n")


def test_a_long_error_is_truncated_to_leave_room_for_the_changes() -> None:
    text = shown(*MIXED, diagnostic("error", "a line of the traceback\n" * 5_000), failed=True)

    assert re.search(r"\d+ more lines are cut here", text)
    assert "#### 1 to replace" in text


def test_text_from_the_program_cannot_end_its_code_block() -> None:
    text = shown(created("a`|\n# b", {"name": "```\n# c\n````"}), diagnostic("warning", "```\n# d"))

    assert "| `a'\\| # b` |" in text
    assert "````text\n```\n# d\n````\n" in text
    assert "`````diff\n" in text
    assert "\n# c" not in text


class Stack:
    """A stand-in for the Automation API's stack that replays a recorded preview."""

    def __init__(self, events: list[EngineEvent], error: str) -> None:
        self.events, self.error, self.options = events, error, dict[str, Any]()

    def preview(self, *, on_event: Callable[[EngineEvent], None], **options: Any) -> None:
        self.options = options
        for event in self.events:
            on_event(event)
        if self.error:
            raise automation.CommandError(self.error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "summary"),
    [("", 0, "1 to replace, "), ("\n code: 255\n stdout: \n stderr: error: no lock\n", 1, "failed\n")],
)
def test_the_command_writes_the_comment_and_fails_when_pulumi_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: str, status: int, summary: str
) -> None:
    stack = Stack(MIXED, error)
    monkeypatch.setattr(automation, "select_stack", lambda *_, **__: stack)
    monkeypatch.setattr(sys, "argv", ["preview", "dev", "--log", LOG])

    assert command.main() == status

    assert f"### Preview of `dev`: {summary}" in capsys.readouterr().out
    assert stack.options["policy_packs"] == ["policies"]
