"""The longest history of an execution, against the limit of Step Functions."""

from datetime import UTC, datetime

import pytest

from components.settings.budgets import Budgets
from components.settings.problems import SettingsError
from components.settings.reading import settings_from_config
from components.workflow.definitions import history
from tests.components import asl
from tests.components.workflow.definitions.machines import NOW, definition


def longest_history(budgets):
    """Return the number of events of the longest run: each attempt has the worst expected end, up to the deadline."""
    worst = 0
    wait_seconds = definition(budgets)["States"]["CheckRun"]["Assign"]["wait_seconds"]
    share = budgets.workflow_deadline_seconds / budgets.max_attempts
    spread = [number / 32 for number in range(1, 33)]
    for expected, ends in [
        (1, []),
        (budgets.expected_seconds, []),
        (share / 2, []),
        (28_800, []),
        (1, [200 * end for end in spread]),
        (1, [share * end**3 for end in spread]),
    ]:
        now, loops = NOW, 0
        deadline_at = NOW + budgets.workflow_deadline_seconds
        while now < deadline_at:
            began_at = NOW + (now - NOW) // share * share
            item = {"attempt": {"N": "1"}, "expected_end_at": {"N": str(began_at + expected)}}
            if ends:
                item["expected_ends"] = {"S": " ".join(str(int(began_at + end)) for end in ends)}
            names = {"states": {"result": {"Item": item}}, "deadline_at": deadline_at}
            now += asl.evaluate(wait_seconds, names, now=now)
            loops += 1
        worst = max(worst, loops)
    # A round of a throttled start or of a run that waits for its turn has more events: count each round as the longest.
    return worst * history.EVENTS_OF_LONGEST_LOOP


@pytest.mark.slow
@pytest.mark.parametrize("deadline", [3600, 28_000])
def test_the_longest_history_stays_far_below_the_limit(deadline):
    budgets = Budgets(
        agent_deadline_seconds=deadline - 100, workflow_deadline_seconds=deadline, max_lifetime_seconds=28_800
    )
    assert longest_history(budgets) < history.LIMIT_EVENTS / 2


@pytest.mark.slow
@pytest.mark.parametrize(("deadline", "attempts"), [(600, 1), (28_000, 1), (28_000, 10)])
def test_settings_whose_longest_history_exceeds_the_limit_are_rejected(deadline, attempts):
    values = {"workflowDeadlineSeconds": deadline, "agentDeadlineSeconds": deadline - 1, "maxAttempts": attempts}
    values |= {"maxLifetimeSeconds": 28_800, "pollMinSeconds": 1, "modelId": "amazon.nova-lite-v1:0"}
    values |= {"tags": {"owner": "a@b.example", "cost-center": "1"}}
    refused = []

    def accepted(poll_max):
        try:
            return settings_from_config(
                values | {"pollMaxSeconds": poll_max}, namespace="agent-runs", now=datetime.now(UTC)
            ).budgets
        except SettingsError as error:
            refused.extend(problem.key for problem in error.problems)
            return None

    least = next(filter(None, map(accepted, range(1, 120))))
    assert longest_history(least) < history.LIMIT_EVENTS
    assert set(refused) == ({"agent-runs:pollMaxSeconds"} if deadline > 1_000 else set())
