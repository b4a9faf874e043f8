"""The protocol of journal, agent and workflow, under interleavings that Hypothesis generates.

The agents use the real `Journal`. The reads, decisions and writes of the workflow come from its real definition, which
is evaluated here. Several processes may have the same attempt; only the journal shows a zombie that it is one. Reads
and writes of the workflow are separate steps, so that other steps may come between them.
"""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from hypothesis.stateful import run_state_machine_as_test as run_machine

from agent.harness.journal.fenced_item import FencedError
from agent.harness.journal.journal import CancelledBeforeStartError, Journal
from agent.harness.schema import RUN_SORT_KEY
from components.settings.budgets import Budgets
from components.workflow.definitions.cancellation import cancellation_definition
from tests.components import asl
from tests.components.workflow.definitions.machines import run_definition
from tests.journal_table import JournalTable, RemembersUpdates

BUDGETS = Budgets(workflow_deadline_seconds=400, agent_deadline_seconds=300)
WORKFLOW = run_definition(budgets=BUDGETS)["States"]
CANCELLATION = cancellation_definition(table_name="journal")["States"]
WRITES = ("TakeOver", "RecordFailure", "RecordCancellation")
TERMINAL = ("COMPLETED", "FAILED", "CANCELLED")
# Two executions of the same event.
EXECUTIONS = ("arn:execution:first", "arn:execution:duplicate")


class Mutated:
    """A client that changes the conditions of writes."""

    def __init__(self, client, mutate):
        self._client = client
        self._mutate = mutate
        self.exceptions = client.exceptions

    def update_item(self, **arguments):
        arguments["ConditionExpression"] = self._mutate(arguments["ConditionExpression"])
        return self._client.update_item(**arguments)


class Protocol(RuleBasedStateMachine):
    """One requested event, its executions, and all processes that work on it."""

    table: JournalTable
    mutate = staticmethod(lambda condition: condition)
    # The same in each example, so that the same expressions get the same values: `asl` knows their results then.
    session_id = "session"

    processes = Bundle("processes")
    begun = Bundle("begun")

    @initialize(target=begun, take_overs=st.integers(-1, 1))
    def event_is_put(self, take_overs):
        """Start with the event, or with a run that is under way, possibly after a take-over."""
        self.table.clear()
        self.client = Mutated(RemembersUpdates(self.table), self.mutate)
        self.now = 1_800_000_000.0
        self.variables = {}  # by execution; the protocol allows one execution to have the run
        self.planned = {}
        self.unclaimed = list(EXECUTIONS)
        self.cancellation_requested = False
        self.started = 0
        self.ended = []
        self.begins = []
        self.without_model = set()
        self.final = None
        self.owners = itertools.count()
        if take_overs < 0:
            return multiple()
        self.workflow_claims()
        under_way = [self._attempt_under_way()]
        for _ in range(take_overs):
            self.now += BUDGETS.lease_seconds + 1
            under_way.append(self._attempt_under_way())
        return multiple(*under_way)

    def _attempt_under_way(self):
        (execution,) = self.variables
        before = self.started
        while self.started == before:
            self._move(execution)
        process = self.started, self._journal(self.started, f"process {next(self.owners)}")
        self._begin(process)
        return process

    # -- the workflow -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.unclaimed)
    @rule()
    def workflow_claims(self):
        execution = self.unclaimed.pop()
        detail = {"prompt": "look"}
        request = {"id": self.session_id, "time": "2026-01-01", "source": "test", "detail": detail}
        states = {"input": request, "context": {"Execution": {"Id": execution}}}
        result = self._write(WORKFLOW["ClaimRun"], {"states": states})
        if result is None:
            return
        assert not self.variables, "two executions have the run"
        self.variables[execution] = asl.evaluate(
            WORKFLOW["ClaimRun"]["Assign"], {"states": states | {"result": result}}, now=self.now
        )
        self.planned[execution] = "CheckRequest"

    @precondition(lambda self: self.variables)
    @rule(states=st.integers(1, 4))
    def workflow_moves(self, states):
        """Execute the current state, and possibly the next ones."""
        for _ in range(states):
            if self.variables:
                self._move(next(iter(self.variables)))

    @precondition(lambda self: self.variables)
    @rule()
    def workflow_decides(self):
        """Execute states until the next one writes, so that the next rule runs between decision and write."""
        (execution,) = self.variables
        for _ in range(4):
            if self.planned[execution] in (*WRITES, "Announce"):
                break
            self._move(execution)

    def _move(self, execution):
        variables, name = self.variables[execution], self.planned[execution]
        state = WORKFLOW[name]
        if state["Type"] == "Choice":
            after, assigned = asl.choose(state, variables, now=self.now)
        elif name == "StartAgent":
            result = {"Payload": {"outcome": "accepted"}}
            assigned = asl.evaluate(state["Assign"], variables | {"states": {"result": result}}, now=self.now)
            after = state["Next"]
            self.started = variables["attempt"]
        elif name == "WaitForRun":
            after, assigned = "CheckRun", {}
        elif name == "CheckRun":
            item = self._item(native=True)
            result = {"Item": item} if item else {}
            assigned = asl.evaluate(state["Assign"], variables | {"states": {"result": result}}, now=self.now)
            after = "EvaluateRun"
        elif name in WRITES:
            after, assigned = self._carry_out(name, variables)
        elif name in ("StopSession", "StopLostSession", "JoinLiveRuns", "LeaveLiveRuns"):
            after, assigned = state["Next"], state.get("Assign", {})
        else:
            assert name == "Announce", name
            self.ended.append(variables["run"]["status"])
            after, assigned = "Announced", {}
            del self.variables[execution], self.planned[execution]
            return
        self.variables[execution] = variables | assigned
        self.planned[execution] = after

    def _carry_out(self, name, variables):
        before = self._item()
        if self._write(WORKFLOW[name], variables) is None:
            return "CheckRun", {}
        if name == "TakeOver" and before["status"] == "BUSY":
            assert float(before["lease_expires_at"]) < self.now, "taken over while its lease holds"
        return WORKFLOW[name]["Next"], asl.evaluate(WORKFLOW[name].get("Assign", {}), variables, now=self.now)

    @precondition(lambda self: not self.cancellation_requested)
    @rule()
    def somebody_requests_the_cancellation(self):
        self.cancellation_requested = True
        request = {"source": "somebody", "detail": {"session_id": self.session_id}}
        self._write(CANCELLATION["MarkRun"], {"states": {"input": request}, "session_id": self.session_id})

    # -- the agents ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.started)
    @rule(target=processes, late=st.integers(0, 1))
    def an_invocation_is_delivered(self, late):
        """Deliver the last started attempt, or the one before, to a new process: for the first time or again."""
        attempt = max(1, self.started - late)
        return attempt, self._journal(attempt, f"process {next(self.owners)}")

    @rule(process=consumes(processes), target=begun)
    def agent_begins(self, process):
        return process if self._begin(process) else multiple()

    @precondition(lambda self: self.started)
    @rule(target=begun, late=st.integers(0, 1))
    def an_invocation_is_delivered_and_begins(self, late):
        return self.agent_begins(self.an_invocation_is_delivered(late))

    def _begin(self, process):
        attempt, journal = process
        try:
            journal.begin(lease_seconds=BUDGETS.lease_seconds, expected_seconds=60)
        except FencedError:
            return False
        except CancelledBeforeStartError:
            self._fenced(journal.cancel)
            return False
        self.begins.append(attempt)
        return True

    @rule(process=begun)
    def agent_begins_again(self, process):
        """Repeat a write that succeeded, as if its response was lost."""
        self._fenced(lambda: process[1].begin(lease_seconds=BUDGETS.lease_seconds, expected_seconds=60))

    @rule(process=begun)
    def agent_begins_again_too_late(self, process):
        """Begin again after the workflow's deadline, when the workflow has acted on it."""
        self.now += BUDGETS.workflow_deadline_seconds
        if self.variables:
            self.workflow_moves(4)
        self.agent_begins_again(process)

    @rule(process=begun)
    def agent_beats(self, process):
        self._fenced(lambda: process[1].renew(lease_seconds=BUDGETS.lease_seconds, progress="working"))

    @rule(process=begun)
    def agent_beats_too_late(self, process):
        """Renew an expired lease, when the workflow has already decided to take over."""
        self.now += BUDGETS.lease_seconds + 1
        if self.variables:
            self.workflow_decides()
        self.agent_beats(process)

    @rule(process=begun)
    def agent_completes_too_late(self, process):
        """Complete after the workflow's deadline, when the workflow has already decided to record it."""
        self.now += BUDGETS.workflow_deadline_seconds
        if self.variables:
            self.workflow_decides()
        self.agent_completes(process)

    @rule(process=consumes(begun))
    def agent_hands_back(self, process):
        self._fenced(process[1].release)

    @rule(process=consumes(begun))
    def agent_hands_back_because_of_the_model(self, process):
        attempt, journal = process
        if self._fenced(lambda: journal.release(model_error="busy")):
            self.without_model.add(attempt)

    @rule(process=begun)
    def agent_completes(self, process):
        attempt, journal = process
        report = {"report_uri": f"s3://b/attempt-{attempt}", "report_sha256": "0", "summary": "s", "usage": {}}
        self._fenced(lambda: journal.complete(**report))

    @rule(process=begun)
    def agent_fails(self, process):
        self._fenced(lambda: process[1].fail("E", f"attempt {process[0]}"))

    @rule(process=begun)
    def agent_cancels(self, process):
        if "cancel_requested_at" in self._item():
            self._fenced(process[1].cancel)

    @rule(seconds=st.sampled_from([10, BUDGETS.lease_seconds + 1, BUDGETS.workflow_deadline_seconds]))
    def time_passes(self, seconds):
        self.now += seconds

    # -- invariants ---------------------------------------------------------------------------------------------------

    @invariant()
    def the_journal_is_consistent(self):
        item = self._item()
        if self.final is not None:
            assert item == self.final, "an end was overwritten"
        elif item.get("status") in TERMINAL:
            self.final = item
        if "report_uri" in item:
            assert item["report_uri"] == f"s3://b/attempt-{item['attempt']}", "a zombie's report"
        assert item.get("attempt", 0) <= BUDGETS.max_attempts
        assert len(self.begins) == len(set(self.begins)), "two processes have begun the same attempt"

    def teardown(self):
        """From any state, the workflow alone brings the run to exactly one end."""
        if not hasattr(self, "variables") or not (self.variables or self.ended):
            return
        for _ in range(200):
            if not self.variables:
                break
            execution = next(iter(self.variables))
            if self.planned[execution] == "WaitForRun":
                self.now += BUDGETS.poll_max_seconds
            self._move(execution)
        item = self._item()
        assert item["status"] in TERMINAL, "the run never ended"
        assert self.ended == [item["status"]], "not exactly one outcome"
        if item.get("error_type") in ("AgentLost", "ModelUnavailable"):
            expected = "ModelUnavailable" if item["attempt"] in self.without_model else "AgentLost"
            assert item["error_type"] == expected, "a lost agent and a missing model are confused"

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _journal(self, attempt, owner):
        return Journal(
            self.client,
            self.table.name,
            session_id=self.session_id,
            attempt=attempt,
            owner=owner,
            clock=lambda: self.now,
        )

    def _fenced(self, write):
        """Write; return whether the journal accepted it."""
        try:
            write()
        except FencedError:
            return False
        return True

    def _write(self, state, variables):
        """Execute a state's update; return None if its condition is false."""
        arguments = asl.evaluate(state["Arguments"], variables, now=self.now) | {"TableName": self.table.name}
        try:
            return self.client.update_item(**arguments)
        except self.client.exceptions.ConditionalCheckFailedException:
            return None

    def _item(self, *, native=False):
        return self.table.run(self.session_id, native=native)


SETTINGS = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


@pytest.mark.slow
@pytest.mark.timeout(900)  # a failure takes long, because Hypothesis searches for the shortest counterexample
def test_the_protocol_keeps_its_guarantees(table):
    run_machine(type("TheProtocol", (Protocol,), {"table": table}), settings=SETTINGS)


MUTATIONS = {
    # The check that is removed, and how it is removed from the condition.
    "that the agent has the current attempt": ("attempt = :attempt AND (", "attempt > :attempt OR ("),
    "that the agent's run is still live": ("(#status = :busy)", "(#status = :busy OR attempt = :attempt)"),
    "that a run that begins again is still busy": (
        "(#owner = :owner AND #status = :busy)",
        "(#owner = :owner OR #status = :busy AND #owner = :owner)",
    ),
    "that an attempt begins only once": ("#status = :pending AND", "#status IN (:pending, :set_status) AND"),
    "that the run was not claimed before": (
        "attribute_not_exists(#status) OR #execution_arn",
        "attribute_not_exists(#status) OR attribute_exists(#status) OR #execution_arn",
    ),
    "that the lease is still expired": ("lease_expires_at < :now", "lease_expires_at > :now OR attempt = :attempt"),
    "that the workflow ends a live run": (
        "#attempt = :attempt AND #status IN (:pending, :busy)",
        "#attempt = :attempt OR #status IN (:pending, :busy)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("checked", "instead"), MUTATIONS.values(), ids=MUTATIONS)
def test_the_model_finds_an_error_when_a_check_is_missing(table, checked, instead):
    seen = set()

    def mutate(condition):
        seen.add(checked in condition)
        return condition.replace(checked, instead)

    broken = type("Broken", (Protocol,), {"table": table, "mutate": staticmethod(mutate)})
    with pytest.raises(AssertionError):  # any counterexample will do
        run_machine(broken, settings=settings(SETTINGS, max_examples=500, phases=[Phase.generate]))
    assert True in seen, "no write had the condition to mutate"


def test_the_workflow_reads_the_run_by_the_journals_key():
    assert WORKFLOW["CheckRun"]["Arguments"]["Key"]["SK"] == {"S": RUN_SORT_KEY}
