"""The workflow in the emulator, with each of its outcomes. Functions and agents follow a script."""

import concurrent.futures
import contextlib
import dataclasses
import inspect
import io
import json
import time
import uuid
import zipfile
from pathlib import Path

import pytest
from boto3.dynamodb.types import TypeDeserializer

from agent import event_types
from agent.harness import journal, schema, tokens
from agent.harness.journal.journal import Journal
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.schedules import Overlap
from components.workflow.definitions.cancellation import cancellation_definition
from components.workflow.definitions.run import definition
from local.emulator.emulator import Emulator
from tests.components import asl

pytestmark = pytest.mark.local

PATIENCE_SECONDS = 60
SOON = 3
BUDGETS = Budgets(
    heartbeat_seconds=1,
    lease_seconds=2,
    start_seconds=2,
    workflow_deadline_seconds=30,
    expected_seconds=1,
    poll_min_seconds=1,
    poll_max_seconds=2,
    max_attempts=2,
)


class Stage:
    """The two state machines, their journal, and a queue that receives every outcome event."""

    def __init__(self, account):
        self.dynamodb = account.client("dynamodb")
        self.stepfunctions = account.client("stepfunctions")
        self.sqs = account.client("sqs")
        # One role with all permissions: other tests check permissions.
        iam = account.client("iam")
        self.role = iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        allowed = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_role_policy(RoleName="any", PolicyName="all", PolicyDocument=json.dumps(allowed))
        self.table = "journal"
        self.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        )
        self._collect_outcomes(account)
        self._collect_notifications(account)
        start, stop = (self._function(account, name) for name in ("start", "stop"))
        self.functions = {"start_function_arn": start, "stop_function_arn": stop}
        self.workflows = {
            deadline: self.machine(f"workflow-{deadline}", self.definition(deadline))
            for deadline in (BUDGETS.workflow_deadline_seconds, SOON)
        }
        cancellation = cancellation_definition(table_name=self.table)
        self.cancellation = self.machine("cancellation", cancellation)

    def definition(self, deadline=BUDGETS.workflow_deadline_seconds, *, max_live_runs=50, excess_runs=ExcessRuns.WAIT):
        return definition(
            budgets=dataclasses.replace(BUDGETS, workflow_deadline_seconds=deadline),
            max_prompt_characters=500,
            default_prompt="look",
            journal_retention_days=1,
            table_name=self.table,
            bus_name="bus",
            report_bucket="b",
            topic_arn=self.topic,
            notify_on=NotifyOn.CHANGE,
            overlaps={"schedule weekly": Overlap.SKIP, "schedule hourly": Overlap.CANCEL_OLD},
            max_live_runs=max_live_runs,
            excess_runs=excess_runs,
            **self.functions,
        )

    def run(
        self,
        prompt=None,
        *,
        detail=None,
        session_id=None,
        before=None,
        deadline=BUDGETS.workflow_deadline_seconds,
        machine=None,
        schedule=None,
        **script,
    ):
        """Run the workflow to its end and return the execution, the run's item and the outcome events."""
        session_id = session_id or str(uuid.uuid4())
        if detail is None:
            detail = {"prompt": json.dumps(script) if script else prompt} if script or prompt is not None else {}
        execution_arn = self.start(session_id, detail, machine or self.workflows[deadline], schedule=schedule)
        if before:
            before(session_id)
        return self.wait_for(execution_arn), self.item(session_id), self.outcomes(session_id)

    def start(self, session_id, detail, machine, *, schedule=None):
        """Start the workflow with the event of a schedule or of a test, and return the execution's ARN."""
        source = event_types.SCHEDULE_SOURCE if schedule else "test"
        by = {"requested_by": f"schedule {schedule}"} if schedule else {}
        known = {"id": session_id, "time": "2026-01-01T00:00:00Z", "source": source}
        request = json.dumps(known | {"detail": detail | by if by else detail})
        return self.stepfunctions.start_execution(stateMachineArn=machine, input=request)["executionArn"]

    def wait_for_status(self, session_id, status):
        until = time.monotonic() + PATIENCE_SECONDS
        while self.item(session_id).get("status") != status:
            assert time.monotonic() < until, f"the run did not become {status} in time"
            time.sleep(0.05)

    @contextlib.contextmanager
    def working(self, schedule, machine=None):
        """Start a run of a schedule that works until the block ends, and return its session id and execution."""
        session_id = str(uuid.uuid4())
        detail = {"prompt": json.dumps({"agents": ["hangs"]})}
        machine = machine or self.workflows[BUDGETS.workflow_deadline_seconds]
        execution_arn = self.start(session_id, detail, machine, schedule=schedule)
        self.wait_for_status(session_id, "BUSY")
        yield session_id, execution_arn
        self.cancel(session_id)
        self.wait_for(execution_arn)

    def wait_for(self, execution_arn):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            execution = self.stepfunctions.describe_execution(executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                return execution
            assert time.monotonic() < until, "the execution did not end in time"
            time.sleep(0.05)

    def cancel(self, session_id):
        return self.wait_for(self.request_cancellation({"session_id": session_id}))["status"]

    def request_cancellation(self, detail):
        """Start the cancellation, and return the ARN of its execution."""
        request = json.dumps({"source": "ann", "detail": detail})
        return self.stepfunctions.start_execution(stateMachineArn=self.cancellation, input=request)["executionArn"]

    def wait_for_mark(self, session_id):
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.item(session_id):
            assert time.monotonic() < until, "the run was not marked in time"
            time.sleep(0.05)

    def item(self, session_id, sort_key="SESSION"):
        key = {"PK": {"S": session_id}, "SK": {"S": sort_key}}
        item = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item", {})
        return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}

    def end(self, session_id):
        """End a run in the journal, as its agent does."""
        Journal(self.dynamodb, self.table, session_id=session_id, attempt=1, owner="attempt 1").fail("E", "ended")

    def calls(self, session_id, what):
        return self.item(session_id, what).get("calls", [])

    def outcomes(self, session_id):
        """Return all outcome events of a session. The last one was put on the bus before the execution ended."""
        until = time.monotonic() + 5
        while not self.collected.get(session_id) and time.monotonic() < until:
            self._receive()
        self._receive()
        return self.collected.get(session_id, [])

    def _receive(self):
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            self.collected.setdefault(event["detail"]["session_id"], []).append(event)
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def _collect_outcomes(self, account):
        self.collected = {}
        events = account.client("events")
        events.create_event_bus(Name="bus")
        self.queue = self.sqs.create_queue(QueueName="outcomes")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": [event_types.SOURCE], "detail-type": [event_types.RUN_ENDED]}
        events.put_rule(Name="outcomes", EventBusName="bus", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="outcomes", EventBusName="bus", Targets=[{"Id": "queue", "Arn": arn}])

    def notified(self, session_id):
        """Return the notifications of a session. The last one was sent before the execution ended."""
        answer = self.sqs.receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            self.mails.append(json.loads(message["Body"]))
            self.sqs.delete_message(QueueUrl=self.mailbox, ReceiptHandle=message["ReceiptHandle"])
        return [mail for mail in self.mails if mail["session_id"] == session_id]

    def _collect_notifications(self, account):
        self.mails = []
        sns = account.client("sns")
        self.topic = sns.create_topic(Name="alarms")["TopicArn"]
        self.mailbox = self.sqs.create_queue(QueueName="mailbox")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.mailbox, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        from_topic = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [from_topic]})
        self.sqs.set_queue_attributes(QueueUrl=self.mailbox, Attributes={"Policy": policy})
        attributes = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    def _function(self, account, name):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("scripted_sessions.py", Path(__file__).with_name("scripted_sessions.py").read_text())
            archive.writestr("agent/__init__.py", "")
            archive.writestr("agent/harness/__init__.py", "")
            for module in Path(journal.__file__).parent.glob("*.py"):
                archive.write(module, f"agent/harness/journal/{module.name}")
            for module in (schema, tokens):
                archive.writestr(f"{module.__name__.replace('.', '/')}.py", inspect.getsource(module))
        return account.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=f"scripted_sessions.{name}",
            Role=self.role,
            Code={"ZipFile": content.getvalue()},
            Timeout=30,
            Environment={"Variables": account.environment() | {"JOURNAL_TABLE": self.table}},
        )["FunctionArn"]

    def machine(self, name, machine):
        return self.stepfunctions.create_state_machine(
            name=name, definition=json.dumps(machine), roleArn=self.role, type="STANDARD"
        )["stateMachineArn"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator"), wait_scale=0.1) as emulator:
        yield Stage(emulator.account)


def test_a_completed_run_succeeds_and_sends_one_outcome_event(stage):
    execution, item, outcomes = stage.run(agents=["completes"])
    assert (execution["status"], item["status"], item["attempt"]) == ("SUCCEEDED", "COMPLETED", 1)
    (outcome,) = outcomes
    assert outcome["detail-type"] == event_types.RUN_ENDED
    assert outcome["detail"] == {
        "session_id": item["PK"],
        "status": "COMPLETED",
        "attempt": 1,
        "prompt": item["prompt"],
        "requested_by": "test",
        "report_uri": f"s3://b/reports/{item['PK']}/report.md",
        "summary": "Fine.",
        "changed": False,
        "execution_arn": execution["executionArn"],
    }
    assert len(stage.calls(item["PK"], "stops")) == 1


def test_only_an_outcome_with_a_changed_report_is_sent_to_the_topic(stage):
    _, changed, (outcome,) = stage.run(agents=["has news"])
    _, unchanged, _ = stage.run(agents=["completes"])
    _, failed, _ = stage.run(agents=["fails"])
    assert stage.notified(changed["PK"]) == [outcome["detail"]]
    assert stage.notified(unchanged["PK"]) == stage.notified(failed["PK"]) == []


def test_a_run_ends_as_usual_if_its_notification_cannot_be_sent(stage):
    unreachable = json.loads(json.dumps(stage.definition()).replace(stage.topic, f"{stage.topic}-gone"))
    execution, item, outcomes = stage.run(machine=stage.machine("without-topic", unreachable), agents=["has news"])
    assert (execution["status"], item["status"], len(outcomes)) == ("SUCCEEDED", "COMPLETED", 1)
    assert stage.notified(item["PK"]) == []


def test_a_report_that_is_not_the_run_s_own_is_not_announced(stage):
    execution, item, (outcome,) = stage.run(agents=["names a foreign report"])
    assert (execution["status"], item["status"], item["report_uri"]) == (
        "SUCCEEDED",
        "COMPLETED",
        "s3://evil/report.html",
    )
    assert (outcome["detail"]["status"], outcome["detail"]["error_type"]) == ("COMPLETED", "ReportRefused")
    assert "evil" not in json.dumps(outcome["detail"])


def test_an_input_of_the_rules_before_this_release_starts_a_run_too(stage):
    session_id, machine = str(uuid.uuid4()), stage.workflows[BUDGETS.workflow_deadline_seconds]
    detail = {"prompt": json.dumps({"agents": ["completes"]})}
    old = {"session_id": session_id, "requested_at": "2026-01-01T00:00:00Z", "source": "test", "detail": detail}
    arn = stage.stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(old))["executionArn"]
    assert stage.wait_for(arn)["status"] == "SUCCEEDED"
    assert stage.item(session_id)["requested_at"] == "2026-01-01T00:00:00Z"


def test_a_failed_run_fails_its_execution_with_the_run_s_error(stage):
    execution, item, (outcome,) = stage.run(agents=["fails"])
    assert (execution["status"], execution["error"], item["status"]) == ("FAILED", "ValueError", "FAILED")
    assert execution["cause"] == f"Run {item['PK']} failed in attempt 1: no such region"
    assert (outcome["detail"]["error_type"], outcome["detail"]["error_message"]) == ("ValueError", "no such region")


def test_a_cancelled_run_is_a_successful_execution(stage):
    execution, item, (outcome,) = stage.run(agents=["cancels itself"])
    assert (execution["status"], item["status"], outcome["detail"]["status"]) == ("SUCCEEDED", "CANCELLED", "CANCELLED")


def test_a_rejected_start_fails_the_run_at_once_with_its_cause(stage):
    execution, item, outcomes = stage.run(starts=["rejected"], agents=["completes"])
    assert (execution["error"], item["status"]) == ("AccessDeniedException", "FAILED")
    assert item["error_message"] == "The agent was not started: no permission"
    assert len(outcomes) == len(stage.calls(item["PK"], "starts")) == 1


def test_throttled_starts_are_repeated_until_one_is_accepted(stage):
    execution, item, outcomes = stage.run(starts=["throttled", "throttled", "accepted"], agents=["completes"])
    assert (execution["status"], item["attempt"], len(outcomes)) == ("SUCCEEDED", 1, 1)
    assert len(stage.calls(item["PK"], "starts")) == 3


def test_a_start_whose_response_was_lost_is_repeated_for_the_same_attempt(stage):
    execution, item, _ = stage.run(starts=["raises", "accepted"], agents=["completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 1)


def test_the_next_attempt_takes_over_from_an_agent_that_dies(stage):
    execution, item, outcomes = stage.run(agents=["dies", "completes"])
    assert (execution["status"], item["status"], item["attempt"], len(outcomes)) == ("SUCCEEDED", "COMPLETED", 2, 1)
    (_, second_start), (first_stop, _) = stage.calls(item["PK"], "starts"), stage.calls(item["PK"], "stops")
    assert first_stop < second_start


def test_the_next_attempt_takes_over_from_an_agent_that_does_not_begin(stage):
    execution, item, _ = stage.run(agents=["never begins", "completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 2)


def test_a_run_whose_agent_dies_in_every_attempt_fails(stage):
    execution, item, outcomes = stage.run(agents=["dies"])
    assert (execution["error"], item["status"], item["attempt"], len(outcomes)) == ("AgentLost", "FAILED", 2, 1)
    assert "stopped responding in every attempt (2)" in item["error_message"]


def test_a_run_whose_model_is_unavailable_in_every_attempt_fails_with_the_error_of_the_model(stage):
    execution, item, outcomes = stage.run(agents=["has no model"])
    assert (execution["error"], item["status"], item["attempt"], len(outcomes)) == ("ModelUnavailable", "FAILED", 2, 1)
    assert "Too many tokens" in item["error_message"]


def test_an_agent_that_dies_after_an_attempt_without_a_model_is_lost(stage):
    execution, item, _ = stage.run(agents=["has no model", "dies"])
    assert (execution["error"], item["attempt"]) == ("AgentLost", 2)


def test_the_next_attempt_takes_over_from_one_without_a_model(stage):
    execution, item, _ = stage.run(agents=["has no model", "completes"])
    assert (execution["status"], item["attempt"]) == ("SUCCEEDED", 2)


def test_a_run_whose_starts_always_raise_fails_with_their_error(stage):
    execution, item, _ = stage.run(starts=["raises"], agents=["completes"])
    assert execution["error"] == "AgentLost"
    assert "the response was lost" in item["error_message"]


def test_a_run_whose_agent_hangs_but_renews_its_lease_ends_at_the_deadline(stage):
    execution, item, outcomes = stage.run(agents=["hangs"], deadline=SOON)
    assert (execution["error"], item["status"], len(outcomes)) == ("DeadlineExceeded", "FAILED", 1)
    assert len(stage.calls(item["PK"], "stops")) == 1


def test_a_run_whose_item_is_deleted_ends_at_the_deadline_and_is_recorded(stage):
    execution, item, outcomes = stage.run(agents=["deletes its item"], deadline=SOON)
    assert (execution["error"], item["status"], item["error_type"]) == (
        "DeadlineExceeded",
        "FAILED",
        "DeadlineExceeded",
    )
    assert {"kind", "requested_at", "expires_at"} <= item.keys(), "the item needs them to be listed and to expire"
    assert len(outcomes) == 1


@pytest.mark.parametrize("prompt", [" ", {"a": 1}, "x" * 501, "x" * 250_000])
def test_an_invalid_prompt_fails_the_run_without_a_start(stage, prompt):
    execution, item, outcomes = stage.run(prompt)
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert stage.calls(item["PK"], "starts") == []


@pytest.mark.parametrize("detail", [{"promt": "look"}, {"prompt": "look", "region": "x"}, ["look"], "look", 7])
def test_a_misspelt_request_fails_the_run_without_a_start(stage, detail):
    execution, item, outcomes = stage.run(detail=detail)
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert "The event's detail " in item["error_message"]
    assert item["prompt"] == (detail.get("prompt", "") if isinstance(detail, dict) else "")
    assert item["error_message"] == outcomes[0]["detail"]["error_message"]
    assert stage.calls(item["PK"], "starts") == []


def test_an_event_that_is_delivered_twice_starts_one_run(stage):
    session_id = str(uuid.uuid4())
    script = {"agents": ["dies", "completes"]}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(stage.run, session_id=session_id, **script) for _ in range(2)]
        statuses = [run.result()[0]["status"] for run in runs]
    assert statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert len(stage.calls(session_id, "starts")) == 2  # one for each attempt
    assert len(stage.outcomes(session_id)) == 1


def test_a_failed_run_can_be_requested_again_with_its_own_prompt(stage):
    _, failed, _ = stage.run(agents=["fails"])
    _, again, (outcome,) = stage.run(detail={"retry_of": failed["PK"]})
    assert (again["status"], again["prompt"], again["retry_of"]) == ("FAILED", failed["prompt"], failed["PK"])
    assert (outcome["detail"]["retry_of"], outcome["detail"]["prompt"]) == (failed["PK"], failed["prompt"])
    assert len(stage.calls(again["PK"], "starts")) == 1
    assert stage.run(detail={"retry_of": again["PK"]})[1]["error_type"] == "ValueError"


@pytest.mark.parametrize("mixed", [{}, {"prompt": "look"}])
def test_a_run_that_cannot_be_requested_again_fails_without_a_start(stage, mixed):
    execution, item, outcomes = stage.run(detail={"retry_of": str(uuid.uuid4()), **mixed})
    assert (execution["error"], item["status"], len(outcomes)) == ("InvalidRequest", "FAILED", 1)
    assert stage.calls(item["PK"], "starts") == []


@pytest.fixture
def limited(stage):
    """Return a function that makes a workflow in which two runs may be live."""
    stage.dynamodb.delete_item(TableName=stage.table, Key=schema.LIVE_RUNS_KEY)

    def machine(excess_runs, *, deadline=BUDGETS.workflow_deadline_seconds):
        definition = stage.definition(deadline, max_live_runs=2, excess_runs=excess_runs)
        return stage.machine(f"limited-{uuid.uuid4()}", definition)

    return machine


def test_runs_beyond_the_limit_wait_for_their_turn(stage, limited):
    machine = limited(ExcessRuns.WAIT)
    sessions = [str(uuid.uuid4()) for _ in range(5)]
    detail = {"prompt": json.dumps({"agents": ["completes"]})}
    executions = [stage.start(session_id, detail, machine) for session_id in sessions]
    assert {stage.wait_for(execution)["status"] for execution in executions} == {"SUCCEEDED"}
    assert {stage.item(session_id)["status"] for session_id in sessions} == {"COMPLETED"}
    assert stage.item(f"{schema.LIMIT_PREFIX}LIVE", "RUN").get("runs", set()) == set()


def test_runs_beyond_the_limit_fail_if_that_is_the_setting(stage, limited):
    machine = limited(ExcessRuns.FAIL)
    with stage.working("may-overlap", machine), stage.working("may-overlap", machine):
        execution, item, outcomes = stage.run(machine=machine, agents=["completes"])
        assert (execution["error"], item["status"], len(outcomes)) == ("TooManyRuns", "FAILED", 1)
        assert stage.calls(item["PK"], "starts") == []
    assert stage.run(machine=machine, agents=["completes"])[1]["status"] == "COMPLETED"


def test_a_waiting_run_can_be_cancelled_and_ends_at_its_deadline(stage, limited):
    machine = limited(ExcessRuns.WAIT)
    with stage.working("may-overlap", machine), stage.working("may-overlap", machine):
        _, cancelled, _ = stage.run(machine=machine, agents=["completes"], before=stage.cancel)
        assert (cancelled["status"], stage.calls(cancelled["PK"], "starts")) == ("CANCELLED", [])
        _, late, _ = stage.run(machine=limited(ExcessRuns.WAIT, deadline=SOON), agents=["completes"])
        assert (late["status"], late["error_type"]) == ("FAILED", "TooManyRuns")


@pytest.mark.parametrize("excess_runs", ExcessRuns)
def test_the_entry_of_an_aborted_execution_expires(stage, limited, excess_runs):
    entries = {":runs": {"SS": [f"{int(time.time()) - 1} aborted-1", f"{int(time.time()) - 1} aborted-2"]}}
    stage.dynamodb.update_item(
        TableName=stage.table,
        Key=schema.LIVE_RUNS_KEY,
        UpdateExpression="ADD runs :runs",
        ExpressionAttributeValues=entries,
    )
    assert stage.run(machine=limited(excess_runs), agents=["completes"])[1]["status"] == "COMPLETED"


def test_a_run_is_skipped_while_the_last_run_of_its_schedule_works(stage):
    with stage.working("weekly") as (working, _):
        execution, item, outcomes = stage.run(schedule="weekly", agents=["completes"])
        assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")
        assert (item["error_type"], working in item["error_message"]) == ("ScheduleOverlap", True)
        assert (outcomes[0]["detail"]["error_type"], len(outcomes)) == ("ScheduleOverlap", 1)
        assert stage.calls(item["PK"], "starts") == []
        assert stage.item(working)["status"] == "BUSY"
        assert stage.run(schedule="may-overlap", agents=["completes"])[1]["status"] == "COMPLETED"
        assert stage.run(agents=["completes"])[1]["status"] == "COMPLETED"
    assert stage.run(schedule="weekly", agents=["completes"])[1]["status"] == "COMPLETED"


@pytest.mark.parametrize("agent", ["completes", "fails", "dies", "cancels itself"])
def test_a_schedule_is_free_after_every_end_of_its_run(stage, agent):
    for _ in range(2):
        assert stage.run(schedule="weekly", agents=[agent])[1].get("error_type") != "ScheduleOverlap"


def test_a_run_cancels_the_last_run_of_its_schedule_and_starts(stage):
    with stage.working("hourly") as (old, old_execution):
        _, item, _ = stage.run(schedule="hourly", agents=["completes"])
        assert item["status"] == "COMPLETED"
        assert stage.wait_for(old_execution)["status"] == "SUCCEEDED"
        cancelled = stage.item(old)
        assert (cancelled["status"], len(stage.outcomes(old))) == ("CANCELLED", 1)
        assert cancelled["cancel_requested_by"] == f"schedule hourly, run {item['PK']}"


def test_an_aborted_execution_does_not_block_its_schedule_once_its_run_has_ended(stage):
    with stage.working("weekly") as (session_id, execution_arn):
        stage.stepfunctions.stop_execution(executionArn=execution_arn)
        stage.wait_for(execution_arn)
        assert stage.run(schedule="weekly", agents=["completes"])[1]["error_type"] == "ScheduleOverlap"
        stage.end(session_id)
        assert stage.run(schedule="weekly", agents=["completes"])[1]["status"] == "COMPLETED"


def test_a_run_can_be_cancelled_before_it_is_claimed(stage):
    session_id = str(uuid.uuid4())
    cancellation = stage.request_cancellation({"session_id": session_id})
    stage.wait_for_mark(session_id)
    execution, item, outcomes = stage.run(session_id=session_id, agents=["completes"])
    assert (execution["status"], item["status"], item["cancel_requested_by"]) == ("SUCCEEDED", "CANCELLED", "ann")
    assert (len(outcomes), stage.calls(session_id, "starts")) == (1, [])
    assert stage.wait_for(cancellation)["status"] == "SUCCEEDED"


def test_a_cancellation_of_an_unknown_run_fails_and_leaves_nothing_for_long(stage):
    session_id = str(uuid.uuid4())
    execution = stage.wait_for(stage.request_cancellation({"session_id": session_id}))
    assert (execution["status"], execution["error"]) == ("FAILED", "NoSuchRun")
    assert f"There is no run with the session_id {session_id}" in execution["cause"]
    assert stage.item(session_id)["expires_at"] < time.time() + 2 * 86_400


def test_a_run_is_cancelled_even_if_its_event_comes_after_the_report_that_there_is_no_such_run(stage):
    session_id = str(uuid.uuid4())
    assert stage.cancel(session_id) == "FAILED"
    execution, item, _ = stage.run(session_id=session_id, agents=["completes"])
    assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")


def test_a_run_can_be_cancelled_twice_while_its_start_is_throttled(stage):
    def cancel(session_id):
        assert stage.cancel(session_id) == stage.cancel(session_id) == "SUCCEEDED"

    execution, item, outcomes = stage.run(starts=["throttled"], agents=["completes"], before=cancel)
    assert (execution["status"], item["status"], len(outcomes)) == ("SUCCEEDED", "CANCELLED", 1)


def test_the_workflow_cancels_a_run_whose_agent_ignores_the_cancellation(stage):
    execution, item, _ = stage.run(agents=["hangs"], before=stage.cancel)
    assert (execution["status"], item["status"]) == ("SUCCEEDED", "CANCELLED")


def test_a_cancellation_does_not_change_a_run_that_has_ended(stage):
    _, before, _ = stage.run(agents=["completes"])
    assert stage.cancel(before["PK"]) == "SUCCEEDED"
    assert stage.item(before["PK"]) == before


@pytest.mark.parametrize(
    "detail",
    [{}, {"session_id": ""}, {"session_id": 7}, {"session_id": "s" * 3_000}, "s" * 36],
)
def test_a_cancellation_without_a_valid_session_id_fails_and_names_what_to_send(stage, detail):
    execution = stage.wait_for(stage.request_cancellation(detail))
    assert execution["error"] == "InvalidRequest"
    assert "send the run's session_id" in execution["cause"]


def test_a_cancellation_with_a_path_as_session_id_marks_nothing(stage):
    execution = stage.wait_for(stage.request_cancellation({"session_id": "../" * 12}))
    assert execution["error"] == "InvalidRequest"
    assert stage.item("../" * 12) == {}


@pytest.mark.parametrize(
    ("state", "arguments", "agents", "status"),
    [
        ("RecordFailure", lambda arguments: arguments, ["dies"], "FAILED"),
        ("Announce", lambda arguments: arguments["Entries"][0], ["completes"], "COMPLETED"),
    ],
)
def test_an_execution_that_failed_because_of_aws_completes_after_a_redrive(stage, state, arguments, agents, status):
    whole = stage.definition()
    broken = whole["States"][state]
    found = arguments(broken["Arguments"])
    name = "TableName" if "TableName" in found else "Source"
    # Until the redrive there is no such table, and only AWS may use the source.
    redriven = "$exists($states.context.Execution.RedriveCount)"
    found[name] = f"{{% {redriven} ? '{found[name]}' : 'aws.none' %}}"
    broken["Retry"] = []
    execution, item, outcomes = stage.run(machine=stage.machine(f"broken-at-{state}", whole), agents=agents)
    assert (execution["status"], outcomes) == ("FAILED", [])

    stage.stepfunctions.redrive_execution(executionArn=execution["executionArn"])
    ended = stage.wait_for(execution["executionArn"])
    assert ended["status"] == ("SUCCEEDED" if status == "COMPLETED" else "FAILED")
    assert stage.item(item["PK"])["status"] == status
    assert [outcome["detail"]["status"] for outcome in stage.outcomes(item["PK"])] == [status]


def test_only_the_same_execution_can_repeat_a_claim_whose_response_was_lost(stage):
    session_id = str(uuid.uuid4())
    state = stage.definition()["States"]["ClaimRun"]

    def claim(execution):
        request = {"id": session_id, "time": "t", "source": "test", "detail": {}}
        names = {"states": {"input": request, "context": {"Execution": {"Id": execution}}}}
        return stage.dynamodb.update_item(**asl.evaluate(state["Arguments"], names, now=time.time()))

    claim("arn:first")
    claim("arn:first")
    with pytest.raises(stage.dynamodb.exceptions.ConditionalCheckFailedException):
        claim("arn:second")
