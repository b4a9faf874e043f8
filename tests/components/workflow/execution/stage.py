"""The workflow in the emulated account. Functions and agents follow a script."""

import contextlib
import dataclasses
import inspect
import io
import json
import time
import uuid
import zipfile
from pathlib import Path

from boto3.dynamodb.types import TypeDeserializer

from agent import event_types
from agent.harness import journal, schema, tokens
from agent.harness.journal.journal import Journal
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns, NotifyOn
from components.settings.schedules import Overlap
from components.workflow.definitions.cancellation import cancellation_definition
from components.workflow.definitions.run import definition

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
        """Return all outcome events of a session. They were put on the bus before the execution ended.

        An event that is put on the bus now comes after all of them.
        """
        last = str(uuid.uuid4())
        detail = json.dumps({"session_id": last})
        entry = {"EventBusName": "bus", "Source": event_types.SOURCE, "DetailType": event_types.RUN_ENDED}
        self.events.put_events(Entries=[entry | {"Detail": detail}])
        until = time.monotonic() + PATIENCE_SECONDS
        while last not in self.collected:
            assert time.monotonic() < until, "the last outcome event was not received in time"
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
        self.events = events = account.client("events")
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
