"""A local stack with short times, fault proxies in front of its endpoints, and a count of outcome events."""

import collections
import contextlib
import json
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import ClientError

from agent import event_types
from agent.harness.schema import PARTITION_KEY, RUN_SORT_KEY, SORT_KEY
from local import processes
from local.agentcore.limits import Limits
from local.stack import LocalStack, Options

# As on AWS, but in seconds instead of minutes. A start may take long: many processes start at once.
BUDGETS = {
    "heartbeatSeconds": 1,
    "leaseSeconds": 4,
    "startSeconds": 14,
    "agentDeadlineSeconds": 15,
    "workflowDeadlineSeconds": 200,
    "maxLifetimeSeconds": 240,
    "idleTimeoutSeconds": 60,
    "expectedSeconds": 4,
    "pollMinSeconds": 1,
    "pollMaxSeconds": 2,
    "maxAttempts": 5,
    "maxLiveRuns": 200,
}
# For more runs at once than this machine can execute: a slow run must not be considered dead.
UNHURRIED = BUDGETS | {
    "heartbeatSeconds": 5,
    "leaseSeconds": 60,
    "startSeconds": 300,
    "agentDeadlineSeconds": 600,
    "workflowDeadlineSeconds": 1_200,
    "maxLifetimeSeconds": 1_800,
}
PATIENCE_SECONDS = 240
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a requested event ended."""

    session_id: str
    status: str
    attempt: int
    error_type: str | None
    outcomes: int
    item: dict = field(repr=False)


class FaultProxy:
    """A microburst proxy in front of one endpoint: forwards all requests except those that its rules break."""

    def __init__(self):
        self.port = processes.free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process = None

    @property
    def environment(self):
        """Variables that send an AWS SDK's requests through the proxy, signed for the real endpoint."""
        proxy = dict.fromkeys(("http_proxy", "HTTP_PROXY"), self.endpoint)
        return proxy | {"no_proxy": "", "NO_PROXY": ""}

    def start(self, upstream, log):
        """Start the proxy without waiting for it."""
        self._process = processes.spawn(
            [sys.executable, "-m", "microburst", "--upstream", upstream, "--port", str(self.port)],
            environment=processes.base_environment(),
            log=log,
        )

    def wait_until_ready(self):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.rules([])
            except OSError:
                assert time.monotonic() < until, "the fault proxy does not respond"
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def rules(self, rules):
        """Replace the rules."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/_microburst/rules",
            data=json.dumps(rules).encode(),
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            response.read()

    def fired(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.endpoint}/_microburst/fired", timeout=10) as response:
            fired = json.load(response)
        return len(fired if isinstance(fired, list) else fired["fired"])

    def stop(self):
        if self._process is not None:
            processes.end(self._process, grace_seconds=2)


class Scene:
    """The stack under test. Use it as a context manager; `run` may be called from many threads."""

    def __init__(self, state, *, new_sessions_per_second=25.0, budgets=BUDGETS):
        limits = Limits(
            ping_interval_seconds=0.5,
            stop_grace_seconds=3,
            idle_seconds=6,
            new_sessions_per_second=new_sessions_per_second,
        )
        self.agentcore, self.aws = FaultProxy(), FaultProxy()
        self.stack = LocalStack(
            Options(
                config={f"agent-runs:{name}": str(value) for name, value in budgets.items()},
                wait_scale=0.5,
                limits=limits,
                agent_command=[sys.executable, "-m", "tests.faults.agent"],
                agent_environment=self.aws.environment,
                function_environment=self.agentcore.environment,
                state=state,
            )
        )
        self.outcomes = collections.Counter()
        self._ended = threading.Event()

    def __enter__(self):
        try:
            self.stack.start()
            logs = self.stack.logs
            self.agentcore.start(self.stack.data_plane.endpoint, logs / "fault-proxy-agentcore.log")
            self.aws.start(f"http://127.0.0.1:{self.stack.emulator.port}", logs / "fault-proxy-aws.log")
            self.stack.deploy()
            self._warm_up()
            self._receive_outcomes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.agentcore.stop()
        self.aws.stop()
        self.stack.stop()

    # -- runs ---------------------------------------------------------------------------------------------------------

    def request(self, **script):
        """Put an event that requests a run; return the session id.

        Args:
            script: The agent's work (tests/faults/agent.py).
        """
        return self.stack.runs.request(json.dumps(script))

    def run(self, fault=None, **script):
        """Request a run, disturb it with a fault, and return how it ended.

        Args:
            fault: Called with the scene and the session id as soon as the event is put.
            script: As for `request`.
        """
        session_id = self.request(**script)
        if fault:
            fault(self, session_id)
        return self.ending(session_id)

    def burst(self, runs):
        """Request many short runs at once; yield how each one ended."""
        sessions = [self.request(seconds=0.5) for _ in range(runs)]
        yield from map(self.ending, sessions)

    def ending(self, session_id):
        """Wait for a terminal status, an outcome event, and the end of the execution; return how the run ended."""
        run = self.stack.runs.wait(session_id, seconds=4 * PATIENCE_SECONDS)
        message = f"no outcome event of {session_id}: {run.status}, {run.execution_status}, {run.execution_error}"
        self.wait_until(lambda: self.outcomes[session_id], message)
        self.wait_until(lambda: not self._is_executing(run.item["execution_arn"]), "the execution goes on")
        item = self.item(session_id)
        return Ending(
            session_id=session_id,
            status=item["status"],
            attempt=int(item["attempt"]),
            error_type=item.get("error_type"),
            outcomes=self.outcomes[session_id],
            item=item,
        )

    def item(self, session_id):
        """Return the run's item. Faster than reading the whole run."""
        found = self.stack.client("dynamodb").get_item(
            TableName=self.stack.outputs["journal_table_name"],
            Key={PARTITION_KEY: {"S": session_id}, SORT_KEY: {"S": RUN_SORT_KEY}},
            ConsistentRead=True,
        )
        decode = TypeDeserializer().deserialize
        return {name: decode(value) for name, value in found.get("Item", {}).items()}

    def wait_for_status(self, session_id, status, *, attempt=1):
        """Wait until an attempt has reached a status."""

        def reached():
            item = self.item(session_id)
            assert item.get("status") not in ENDED, f"{session_id} has ended before it was {status}: {item}"
            return item.get("status") == status and int(item["attempt"]) == attempt

        self.wait_until(reached, f"{session_id} is not {status}")

    def wait_until(self, condition, message):
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < until, message
            time.sleep(_LOOK_SECONDS)

    def pid(self, session_id):
        """Return the process id of the session."""
        return next(record.pid for record in self.stack.data_plane.active() if record.session_id == session_id)

    def what_is_left(self):
        """Return what must not be left at the end: runs with no outcome or two, and running executions."""
        self.wait_until(lambda: not self.stack.data_plane.active(), "sessions are left")
        client = self.stack.client("stepfunctions")
        arn = self.stack.outputs["state_machine_arn"]
        running = client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        scan = self.stack.client("dynamodb").scan(
            TableName=self.stack.outputs["journal_table_name"],
            FilterExpression="SK = :run AND #status IN (:pending, :busy)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":run": {"S": "SESSION"},
                ":pending": {"S": "PENDING"},
                ":busy": {"S": "BUSY"},
            },
        )
        self.wait_until(self._all_outcomes_are_received, "outcome events are left in their queue")
        doubled = [f"{number} outcomes of {session_id}" for session_id, number in self.outcomes.items() if number != 1]
        live = [f"run {item['PK']['S']}" for item in scan["Items"]]
        return live + doubled + [execution["executionArn"] for execution in running]

    def break_for_a_while(self, storm):
        """Activate the rules of a storm for its duration; return how often they fired, by proxy."""
        proxies = {"agentcore": self.agentcore, "aws": self.aws}
        for where, rules in storm.rules.items():
            proxies[where].rules(rules)
        time.sleep(storm.seconds)
        fired = {where: proxies[where].fired() for where in storm.rules}
        for where in storm.rules:
            proxies[where].rules([])
        return fired

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _warm_up(self):
        """Make the first call of each proxy: it takes seconds to load the description of a service."""
        account = self.stack.account()
        calls = (
            (self.aws, "dynamodb", "list_tables"),
            (self.aws, "s3", "list_buckets"),
            (self.agentcore, "bedrock-agentcore", None),
        )
        for proxy, service, operation in calls:
            proxy.wait_until_ready()
            endpoint = account.endpoint if operation else self.stack.data_plane.endpoint
            client = boto3.client(
                service,
                endpoint_url=endpoint,
                region_name=account.region,
                aws_access_key_id=account.access_key,
                aws_secret_access_key=account.secret_key,
                config=Config(proxies={"http": proxy.endpoint}, read_timeout=PATIENCE_SECONDS),
            )
            if operation:
                getattr(client, operation)()
                continue
            with contextlib.suppress(ClientError):  # there is no such session
                client.stop_runtime_session(
                    agentRuntimeArn=self.stack.outputs["agent_runtime_arn"], runtimeSessionId="0" * 36
                )

    def _is_executing(self, execution_arn):
        client = self.stack.client("stepfunctions")
        return client.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"

    def _all_outcomes_are_received(self):
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self.stack.client("sqs").get_queue_attributes(QueueUrl=self._queue, AttributeNames=list(kinds))
        return not any(int(found["Attributes"][kind]) for kind in kinds)

    def _receive_outcomes(self):
        events, sqs = self.stack.client("events"), self.stack.client("sqs")
        self._queue = queue = sqs.create_queue(QueueName="received-outcomes")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus = self.stack.outputs["event_bus_name"]
        pattern = {"detail-type": [event_types.RUN_ENDED]}
        events.put_rule(Name="received-outcomes", EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule="received-outcomes", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

        def listen():
            while not self._ended.wait(_LOOK_SECONDS):
                response = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
                for message in response.get("Messages", []):
                    self.outcomes[json.loads(message["Body"])["detail"]["session_id"]] += 1
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

        threading.Thread(target=listen, name="outcomes", daemon=True).start()
