"""The protocol of runs that compete for a schedule and for a turn, under interleavings that Hypothesis generates.

The states of the workflow come from its real definition, and the agents use the real `Journal`. Executions may be
aborted at any state, and an event may be delivered twice.
"""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from agent import event_types
from agent.harness.journal.fenced_item import FencedError
from agent.harness.journal.journal import CancelledBeforeStartError, Journal
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns
from components.settings.schedules import Overlap
from tests.components.stepping import Execution
from tests.components.workflow.definitions.machines import run_definition
from tests.journal_table import RemembersUpdates

BUDGETS = Budgets(workflow_deadline_seconds=400, agent_deadline_seconds=300)
SCHEDULES = {"schedule skips": Overlap.SKIP, "schedule cancels": Overlap.CANCEL_OLD}
MOST_LIVE = 2
WORKFLOWS = {
    excess_runs: run_definition(budgets=BUDGETS, overlaps=SCHEDULES, max_live_runs=MOST_LIVE, excess_runs=excess_runs)[
        "States"
    ]
    for excess_runs in ExcessRuns
}
LIVE = ("PENDING", "BUSY")
MOST_RUNS = 6
EXPECTED_ERRORS = ("AgentLost", "DeadlineExceeded", "ScheduleOverlap", "TooManyRuns")


class Mutated:
    """A client that changes the conditions of writes."""

    def __init__(self, client, mutate):
        self._client = client
        self._mutate = mutate
        self.exceptions = client.exceptions
        self.get_item = client.get_item

    def update_item(self, **arguments):
        if "ConditionExpression" in arguments:
            arguments["ConditionExpression"] = self._mutate(arguments["ConditionExpression"])
        return self._client.update_item(**arguments)


class Competition(RuleBasedStateMachine):
    """Runs of the same schedule and of somebody, of which two may be live."""

    mutate = staticmethod(lambda condition: condition)

    @initialize(schedule=st.sampled_from(sorted(SCHEDULES)), excess_runs=st.sampled_from(ExcessRuns))
    def begin(self, schedule, excess_runs):
        self.workflow = WORKFLOWS[excess_runs]
        self.schedule = schedule
        self.now = 1_800_000_000.0
        self.client = Mutated(RemembersUpdates(self.table), self.mutate)
        self.table.clear()
        # From 0 in each example, so that the same expressions get the same values: `asl` knows their results then.
        self.numbers = itertools.count()
        self.executions = []
        self.aborted = []
        self.started = {}  # by session: when an agent was started for it
        self.deadlines = {}

    # -- the workflows ------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.deadlines) < MOST_RUNS)
    @rule(twice=st.booleans(), by_schedule=st.booleans())
    def a_run_is_requested(self, twice, by_schedule):
        session_id = f"session-{next(self.numbers)}"
        self.deadlines[session_id] = self.now + BUDGETS.workflow_deadline_seconds
        for _ in range(1 + twice):
            self._execute(session_id, self.schedule if by_schedule else "somebody")

    def _execute(self, session_id, requested_by):
        request = {
            "id": session_id,
            "time": "2026-01-01",
            "source": event_types.SCHEDULE_SOURCE,
            "detail": {"requested_by": requested_by},
        }
        execution = Execution(
            states=self.workflow,
            client=self.client,
            table_name=self.table.name,
            clock=lambda: self.now,
            at="ClaimRun",
            known={"states": {"input": request, "context": {"Execution": {"Id": f"arn:{next(self.numbers)}"}}}},
            invoke=self._invoke,
        )
        self.executions.append(execution)
        return execution

    def _invoke(self, function, payload):
        if function == "stop":
            return {"outcome": "stopped"}
        self.started[payload["session_id"]] = self.now
        self.deadlines[payload["session_id"]] = payload["deadline_at"]
        return {"outcome": "accepted"}

    @precondition(lambda self: self._running())
    @rule(data=st.data(), states=st.integers(1, 12))
    def a_workflow_moves(self, data, states):
        execution = data.draw(st.sampled_from(self._running()))
        for _ in range(states):
            if execution.at:
                execution.move()

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def a_workflow_is_aborted(self, data):
        execution = data.draw(st.sampled_from(self._running()))
        self.executions.remove(execution)
        self.aborted.append(execution)

    # -- the agents ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.started)
    @rule(data=st.data(), does=st.sampled_from(["begins", "completes", "hands back"]))
    def an_agent_works(self, data, does):
        session_id = data.draw(st.sampled_from(sorted(self.started)))
        item = self.table.run(session_id)
        journal = Journal(
            self.client,
            self.table.name,
            session_id=session_id,
            attempt=int(item["attempt"]),
            owner="agent",
            clock=lambda: self.now,
        )
        try:
            if does == "begins":
                journal.begin(lease_seconds=BUDGETS.lease_seconds, expected_seconds=60)
            elif does == "completes":
                journal.complete(report_uri="s3://b/k", report_sha256="0", summary="s", usage={})
            else:
                journal.release()
        except (FencedError, CancelledBeforeStartError):
            return

    @rule(seconds=st.sampled_from([10, BUDGETS.lease_seconds + 1, BUDGETS.workflow_deadline_seconds]))
    def time_passes(self, seconds):
        self.now += seconds

    # -- invariants ---------------------------------------------------------------------------------------------------

    @invariant()
    def two_live_runs_of_a_schedule_never_work_at_the_same_time(self):
        mine = [item for item in self._live() if item["requested_by"] == getattr(self, "schedule", "")]
        assert sum("cancel_requested_at" not in item for item in mine) <= 1, mine

    @invariant()
    def no_more_runs_than_allowed_are_live(self):
        assert len(self._live()) <= MOST_LIVE

    def _live(self):
        """Return the runs whose agent may work, until their deadline."""
        items = [self.table.run(session_id) for session_id in getattr(self, "started", ())]
        return [item for item in items if item["status"] in LIVE and self.now < self.deadlines[item["PK"]]]

    def teardown(self):
        """Every run whose workflow was not aborted ends once, and the schedule is free then."""
        if not hasattr(self, "executions"):
            return
        self._finish()
        if self.aborted:
            self.now += BUDGETS.workflow_deadline_seconds
        last = self._execute(f"session-{next(self.numbers)}", self.schedule)
        for _ in range(20):
            if last.at and last.known.get("session_id") not in self.started:
                last.move()
        assert last.known["session_id"] in self.started, "the schedule or the limit is blocked"
        for execution in self.executions[:-1]:
            if "session_id" in execution.known:
                item = self.table.run(execution.known["session_id"])
                assert item["status"] not in LIVE
                assert [event["status"] for event in execution.events] == [item["status"]]
                assert item.get("error_type") in (
                    None,
                    "AgentLost",
                    "DeadlineExceeded",
                    "ScheduleOverlap",
                    "TooManyRuns",
                ), item

    def _finish(self):
        for _ in range(100):
            for execution in self._running():
                while execution.at and execution.at != "WaitForRun":
                    execution.move()
                if execution.at:
                    execution.move()
            self.now += BUDGETS.poll_max_seconds
        assert not self._running(), "a run never ended"

    def _running(self):
        return [execution for execution in getattr(self, "executions", ()) if execution.at]


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_runs_that_compete_keep_their_guarantees(table):
    run_machine(type("TheCompetition", (Competition,), {"table": table}), settings=SETTINGS)


MUTATIONS = {
    # The check that is removed, and how it is removed from the condition.
    "that no other run holds the schedule": ("attribute_not_exists(#session_id) OR", "attribute_exists(PK) OR"),
    "that a run's claim ends with its deadline": ("#until <= :now", "#until <= :now AND #until < #until"),
    "that the limit is not met": ("size(#runs) < :limit", "size(#runs) < :limit OR size(#runs) >= :limit"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("checked", "instead"), MUTATIONS.values(), ids=MUTATIONS)
def test_the_model_finds_an_error_when_a_check_is_missing(table, checked, instead):
    seen = set()

    def mutate(condition):
        seen.add(checked in condition)
        return condition.replace(checked, instead)

    broken = type("Broken", (Competition,), {"table": table, "mutate": staticmethod(mutate)})
    with pytest.raises(AssertionError):  # any counterexample will do
        run_machine(
            broken, settings=settings(SETTINGS, max_examples=500, phases=[Phase.generate], report_multiple_bugs=False)
        )
    assert True in seen, "no write had the condition to mutate"


@pytest.mark.parametrize(
    ("condition", "third"),
    [("#session_id = :mine", "CANCELLED"), ("#session_id = :mine OR attribute_exists(#session_id)", "PENDING")],
    ids=["as-declared", "without-the-check"],
)
def test_a_run_that_is_skipped_does_not_release_its_schedule(table, condition, third):
    """The random search rarely finds this one: it takes three runs of one schedule."""

    def mutate(found):
        return found.replace("#session_id = :mine", condition)

    competition = type("Three", (Competition,), {"table": table, "mutate": staticmethod(mutate)})()
    competition.begin("schedule skips", ExcessRuns.FAIL)
    for _ in range(3):
        competition.a_run_is_requested(twice=False, by_schedule=True)
        execution = competition.executions[-1]
        while execution.at not in ("", "WaitForRun"):
            execution.move()

    statuses = [table.run(execution.known["session_id"])["status"] for execution in competition.executions]
    assert statuses == ["PENDING", "CANCELLED", third]
