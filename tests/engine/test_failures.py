"""Failures while the real engine works, and how the next `up` continues."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import psutil
import pulumi
import pulumi_aws as aws
import pytest

from tests.engine import workspace
from tests.engine.workspace import EngineStack

WORKFLOW = "StateMachine analyst-workflow"


@pytest.fixture
def dev() -> Iterator[EngineStack]:
    with workspace.stack("dev", checkpoints=True) as stack:
        yield stack


def test_after_a_refused_create_the_next_up_creates_only_the_missing_resources(dev: EngineStack) -> None:
    dev.cloud.faults.refuse.add(WORKFLOW)
    failed = dev.up()
    made = list(dev.cloud.calls)
    dev.cloud.faults.refuse.clear()
    second = dev.up()

    assert failed.error
    assert "LimitExceededException: the account has reached its limit" in failed.output
    assert not second.error, second.output
    assert 0 < len(made) < len(dev.cloud.calls)
    assert len(dev.cloud.calls) == len(set(dev.cloud.calls)) == len(dev.cloud.resources)
    assert dev.preview().steps == {}


def test_the_next_up_continues_an_interrupted_one(dev: EngineStack) -> None:
    dev.cloud.faults.hang.add(WORKFLOW)
    outcomes = []
    worker = threading.Thread(target=lambda: outcomes.append(dev.up()))
    worker.start()
    assert dev.cloud.faults.hanging.wait(60)
    (running,) = [p for p in psutil.Process().children(recursive=True) if p.name() == "pulumi"]
    running.send_signal(signal.SIGINT)
    worker.join(60)
    dev.cloud.faults.hang.clear()
    second = dev.up()

    assert [outcome.error for outcome in outcomes] == [True]
    assert not second.error, second.output
    assert len(dev.cloud.calls) == len(dev.cloud.resources)
    assert dev.preview().steps == {}


def test_a_resource_deleted_outside_pulumi_is_created_again(deployed_dev: EngineStack) -> None:
    deployed_dev.cloud.lose("MetricAlarm")
    refreshed = deployed_dev.refresh()
    preview = deployed_dev.preview()
    up = deployed_dev.up()

    assert not refreshed.error
    assert len(preview.of("create")) == 1
    assert "MetricAlarm" in next(iter(preview.of("create")))
    assert not up.error
    assert deployed_dev.preview().steps == {}


def test_wrong_settings_are_listed_with_their_remedies_and_without_a_traceback(deployed_dev: EngineStack) -> None:
    with deployed_dev.settings(pollMinSeconds=90, modelId="Claude"):
        preview = deployed_dev.preview()

    assert preview.error
    assert "The stack's settings have 2 problems:" in preview.output
    assert "agent-runs:pollMaxSeconds is 60" in preview.output
    assert "agent-runs:modelId is" in preview.output
    assert "Traceback" not in preview.output


def test_a_setting_of_a_wrong_type_is_refused_before_the_program_starts(deployed_dev: EngineStack) -> None:
    with deployed_dev.settings(maxTurns="many"):
        preview = deployed_dev.preview()

    assert preview.error
    assert "maxTurns" in preview.output
    assert preview.steps == {}


@pytest.fixture(scope="module")
def empty() -> Iterator[EngineStack]:
    """Return a stack that declares nothing yet."""
    with workspace.stack("dev", lambda: None) as stack:
        yield stack


class TestTheAccount:
    """The account in memory refuses what AWS and the provider would refuse."""

    @pytest.mark.parametrize(
        ("program", "reason"),
        [
            (lambda: _raw("aws:sqs/queue:Queue", {"nmae": "q"}), "nmae is not a property of this type"),
            (lambda: _raw("aws:sqs/mailbox:Mailbox", {}), "has no type aws:sqs/mailbox:Mailbox"),
            (lambda: _raw("aws:iam/role:Role", {"name": "r"}), "assumeRolePolicy is required"),
            (lambda: _raw("aws:sqs/queue:Queue", {"tags": ["a"]}), "tags must not be a list"),
            (
                lambda: _raw("aws:dynamodb/table:Table", {"ttl": {"attribute": "x"}}),
                "ttl.attribute is not a property of this type",
            ),
            (lambda: [aws.sqs.Queue(name, name="q") for name in "ab"], "AlreadyExists"),
            (
                lambda: _raw(
                    "aws:sns/platformApplication:PlatformApplication", {"platform": "x", "platformCredential": "y"}
                ),
                "does not describe",
            ),
        ],
        ids=["unknown property", "unknown type", "missing property", "list for mapping", "nested", "same name", "new"],
    )
    def test_refuses(self, empty: EngineStack, program: workspace.Program, reason: str) -> None:
        empty.program = program
        up = empty.up()

        assert up.error
        assert reason in up.output

    def test_replaces_a_queue_whose_name_changes_and_a_role_with_a_fixed_name_by_deletion_first(
        self, empty: EngineStack
    ) -> None:
        def declare(path: str, queue: str) -> None:
            aws.iam.Role("role", name="fixed", path=path, assume_role_policy="{}")
            aws.sqs.Queue("queue", name=queue)

        empty.program = lambda: declare("/", "first")
        assert not empty.up().error
        empty.cloud.calls.clear()
        empty.program = lambda: declare("/team/", "second")
        up = empty.up()

        assert up.of("replace") == {"Role role", "Queue queue"}
        verbs = {
            type_: [verb for verb, token, _ in empty.cloud.calls if token.endswith(type_)]
            for type_ in (":Role", ":Queue")
        }
        assert verbs == {":Role": ["delete", "create"], ":Queue": ["create", "delete"]}

    def test_a_resource_without_a_name_gets_one(self, empty: EngineStack) -> None:
        empty.program = lambda: aws.sqs.Queue("unnamed")
        assert not empty.up().error
        (queue,) = empty.cloud.of("Queue")

        assert queue[1].inputs["name"].startswith("unnamed-")
        assert empty.preview().steps == {}


def _raw(token: str, properties: dict[str, object]) -> pulumi.CustomResource:
    return pulumi.CustomResource(token, "raw", properties)
