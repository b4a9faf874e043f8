"""A local stack with short times, a model that fails on demand, fault proxies, and a count of outcome events."""

import contextlib
import json
import sys
import time
from dataclasses import dataclass, field

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from agent.harness.schema import LIVE_RUNS, LIVE_RUNS_KEY, PARTITION_KEY, RUN_SORT_KEY, SORT_KEY
from local import processes
from local.agentcore.limits import Limits
from local.stack import LocalStack, Options
from tests.faults.budgets import BUDGETS
from tests.faults.fault_proxy import FaultProxy
from tests.faults.model import FailingModel
from tests.faults.outcomes import Outcomes
from tests.faults.storms import AGENTCORE, AWS

PATIENCE_SECONDS = 240
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
_LOOK_SECONDS = 0.1


class MissedMomentError(Exception):
    """A fault came too late: its run had gone on. That breaks no guarantee, but the fault was not tested."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a requested event ended."""

    session_id: str
    status: str
    attempt: int
    error_type: str | None
    outcomes: int
    item: dict = field(repr=False)


class Scene:
    """The stack under test. Use it as a context manager; `run` may be called from many threads.

    Args:
        state: The directory for logs and reports.
        platform_version: The platform version of the agent runtime.
        new_sessions_per_second: AgentCore's quota.
        budgets: Settings of the stack.
        has_storms: Whether requests pass through the fault proxies. A proxy takes seconds to start.
    """

    def __init__(self, state, *, platform_version, new_sessions_per_second=25.0, budgets=BUDGETS, has_storms=True):
        # A slow machine must not look like an unhealthy or idle agent.
        limits = Limits(
            initialisation_seconds=PATIENCE_SECONDS,
            ping_interval_seconds=0.5,
            stop_grace_seconds=3,
            idle_seconds=30,
            new_sessions_per_second=new_sessions_per_second,
        )
        settings = {"platformVersion": platform_version, **budgets}
        self.agentcore, self.aws, self.model = FaultProxy(), FaultProxy(), FailingModel()
        bedrock = self.model.server.endpoint
        port = processes.free_port()
        self.stack = LocalStack(
            Options(
                config={f"agent-runs:{name}": str(value) for name, value in settings.items()},
                wait_scale=0.5,
                limits=limits,
                agent_command=[sys.executable, "-m", "tests.faults.agent"],
                agent_environment={
                    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock,
                    **(self.aws.environment(without=bedrock.removeprefix("http://")) if has_storms else {}),
                },
                # The functions write to the journal without the proxy, which knows only AgentCore.
                function_environment=self.agentcore.environment(without=f"127.0.0.1:{port}") if has_storms else {},
                state=state,
                port=port,
            )
        )
        self.requested = []
        self._has_storms = has_storms
        self._open = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._open.enter_context(self.model.server.serving())
            self._open.enter_context(self.stack)
            if self._has_storms:
                self._start_proxies()
            self.stack.deploy()
            if self._has_storms:
                self._warm_up()
            self._outcomes = Outcomes(self.stack)
            self._open.callback(self._outcomes.stop)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._open.close()

    # -- runs ---------------------------------------------------------------------------------------------------------

    def request(self, **script):
        """Put an event that requests a run; return the session id.

        Args:
            script: The agent's work (tests/faults/agent.py).
        """
        session_id = self.stack.runs.request(json.dumps(script))
        self.requested.append(session_id)
        return session_id

    def burst(self, runs):
        """Request many short runs at once; yield how each one ended."""
        sessions = [self.request(seconds=0.5) for _ in range(runs)]
        yield from map(self.ending, sessions)

    def ending(self, session_id):
        """Wait for a terminal status, an outcome event, and the end of the execution; return how the run ended."""
        run = self.stack.runs.wait(session_id, seconds=4 * PATIENCE_SECONDS)
        message = f"no outcome event of {session_id}: {run.status}, {run.execution_status}, {run.execution_error}"
        self.wait_until(lambda: self._outcomes.counts[session_id], message)
        self.wait_until(lambda: not self._is_executing(run.item["execution_arn"]), "the execution goes on")
        item = self.item(session_id)
        return Ending(
            session_id=session_id,
            status=item["status"],
            attempt=int(item["attempt"]),
            error_type=item.get("error_type"),
            outcomes=self._outcomes.counts[session_id],
            item=item,
        )

    def item(self, session_id):
        """Return the run's item. Faster than reading the whole run."""
        return self._read({PARTITION_KEY: {"S": session_id}, SORT_KEY: {"S": RUN_SORT_KEY}})

    def has_ended(self, session_id):
        """Return whether the run has a terminal status."""
        return self.item(session_id).get("status") in ENDED

    def wait_for_status(self, session_id, status, *, attempt=1):
        """Wait until an attempt has reached a status.

        Raises:
            MissedMomentError: The run has ended, or a later attempt has it.
        """
        self.wait_for(
            session_id,
            lambda item: item.get("status") == status and int(item["attempt"]) == attempt,
            f"attempt {attempt} was {status}",
            until=lambda item: int(item.get("attempt", 0)) > attempt,
        )

    def wait_for(self, session_id, condition, what, *, until=lambda _: False):
        """Wait until a run's item fulfils a condition, and return the item.

        Raises:
            MissedMomentError: The run has ended, or its item fulfils the condition `until`.
        """

        def fulfilled():
            item = self.item(session_id)
            if condition(item):
                return item
            if item.get("status") in ENDED or until(item):
                raise MissedMomentError(f"the run was {item['status']} in attempt {item['attempt']} before {what}")
            return None

        return self.wait_until(fulfilled, f"{session_id} does not end, and not: {what}")

    def wait_until(self, condition, message):
        """Wait until a condition returns something true, and return that."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (found := condition()):
            assert time.monotonic() < until, message
            time.sleep(_LOOK_SECONDS)
        return found

    def pid(self, session_id):
        """Return the process id of the session.

        Raises:
            MissedMomentError: The process has ended.
        """
        for record in self.stack.data_plane.active():
            if record.session_id == session_id:
                return record.pid
        raise MissedMomentError("the session had ended")

    def what_is_left(self):
        """Wait until the sessions have ended; return what must not be at the end: lost, doubled and stuck runs."""
        self.wait_until(lambda: not self.stack.data_plane.active(), "sessions are left")
        self.wait_until(self._outcomes.are_received, "outcome events are left in their queue")
        lost = [
            f"lost: no outcome of {session_id}"
            for session_id in self.requested
            if not self._outcomes.counts[session_id]
        ]
        doubled = [
            f"doubled: {number} outcomes of {name}" for name, number in self._outcomes.counts.items() if number > 1
        ]
        arn = self.stack.outputs["state_machine_arn"]
        running = self.stack.client("stepfunctions").list_executions(stateMachineArn=arn, statusFilter="RUNNING")
        live = [item["PK"]["S"] for item in self._live_items()]
        live += self._read(LIVE_RUNS_KEY).get(LIVE_RUNS, ())
        stuck = [f"stuck: {name}" for name in (*live, *(found["executionArn"] for found in running["executions"]))]
        return lost + doubled + stuck

    @contextlib.contextmanager
    def storm(self, rules):
        """Activate rules of the proxies within this context; yield a function that returns how often they fired."""
        with contextlib.ExitStack() as active:
            proxies = {AGENTCORE: self.agentcore, AWS: self.aws}
            fired = [active.enter_context(proxies[where].broken(added)) for where, added in rules.items()]
            yield lambda: sum(count() for count in fired)

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _read(self, key):
        found = self.stack.client("dynamodb").get_item(
            TableName=self.stack.outputs["journal_table_name"], Key=key, ConsistentRead=True
        )
        decode = TypeDeserializer().deserialize
        return {name: decode(value) for name, value in found.get("Item", {}).items()}

    def _start_proxies(self):
        for proxy, endpoint in (
            (self.agentcore, self.stack.data_plane.endpoint),
            (self.aws, f"http://127.0.0.1:{self.stack.emulator.port}"),
        ):
            self._open.callback(proxy.stop)
            proxy.start(endpoint, self.stack.logs / f"fault-proxy-{proxy.port}.log")

    def _warm_up(self):
        """Make the first call of each service through its proxy: it takes seconds to read a service's description."""
        account = self.stack.account()
        self.aws.client("dynamodb", account, account.endpoint).list_tables()
        self.aws.client("s3", account, account.endpoint).list_buckets()
        agentcore = self.agentcore.client("bedrock-agentcore", account, self.stack.data_plane.endpoint)
        with contextlib.suppress(ClientError):  # there is no such session
            agentcore.stop_runtime_session(
                agentRuntimeArn=self.stack.outputs["agent_runtime_arn"], runtimeSessionId="0" * 36
            )

    def _is_executing(self, execution_arn):
        client = self.stack.client("stepfunctions")
        return client.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"

    def _live_items(self):
        return self.stack.client("dynamodb").scan(
            TableName=self.stack.outputs["journal_table_name"],
            FilterExpression="SK = :run AND #status IN (:pending, :busy)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":run": {"S": RUN_SORT_KEY},
                ":pending": {"S": "PENDING"},
                ":busy": {"S": "BUSY"},
            },
        )["Items"]
