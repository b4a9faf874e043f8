"""The workflow's states that limit how many runs are live: a run joins the live runs before its first start.

One item holds the live runs, as a set of entries `<deadline> <session id>`. A run that ends leaves the set. The entry
of an execution that was aborted expires with the run's deadline, and is removed when the limit is met.
"""

from __future__ import annotations

from agent.harness.schema import LIVE_RUNS, LIVE_RUNS_KEY, Attribute, ErrorType, Status
from components.settings.budgets import Budgets
from components.settings.model import ExcessRuns
from components.workflow.definitions.outcomes import CHECK_LIVE_RUNS
from components.workflow.definitions.states import CONDITION_FAILED, NOW, State, journal_retry, read_item

_ENTRY = "$string($floor($deadline_at)) & ' ' & $session_id"
# Step Functions' own integration names the type of a set "SS", an AWS SDK integration "Ss".
_ENTRIES = f"[$states.result.Item.{LIVE_RUNS}.SS, $states.result.Item.{LIVE_RUNS}.Ss][$type($) = 'string']"
# An entry that the workflow did not write counts as expired.
_IS_EXPIRED = f"($contains($entry, /^[0-9]{{1,12}} /) ? $number($substringBefore($entry, ' ')) <= {NOW} : true)"


def join_live_runs(table_name: str, budgets: Budgets, *, max_live_runs: int, excess_runs: ExcessRuns) -> State:
    """Return the state that adds the run to the live runs, if there are fewer than the limit.

    A run that waits for its turn looks at the live runs before it tries again: that costs less than a refused write.

    Args:
        table_name: The journal.
        budgets: Contain the poll bounds.
        max_live_runs: How many runs may be live at the same time.
        excess_runs: What happens to a run beyond the limit.
    """
    refused: State = {"ErrorEquals": [CONDITION_FAILED], "Next": CHECK_LIVE_RUNS}
    if excess_runs == ExcessRuns.WAIT:
        refused |= {"Assign": {"wait_seconds": _wait(budgets)}, "Next": "WaitForRun"}
    return {
        **_update(
            table_name,
            f"ADD #{LIVE_RUNS} :entries",
            {"SS": [f"{{% {_ENTRY} %}}"]},
            condition=(
                f"attribute_not_exists(#{LIVE_RUNS}) OR size(#{LIVE_RUNS}) < :limit OR contains(#{LIVE_RUNS}, :entry)"
            ),
            values={":limit": {"N": str(max_live_runs)}, ":entry": {"S": f"{{% {_ENTRY} %}}"}},
        ),
        "Assign": {"is_live": True},
        "Catch": [refused],
        "Next": "StartAgent",
    }


def check_live_runs(table_name: str, max_live_runs: int) -> State:
    """Return the state that reads the live runs. It is entered only if the limit was met."""
    return {
        **read_item(table_name, LIVE_RUNS_KEY, [LIVE_RUNS]),
        "Assign": {
            # The brackets make an array of one entry, too.
            "expired": f"{{% [$filter({_ENTRIES}, function($entry) {{ {_IS_EXPIRED} }})] %}}",
            "is_full": (
                f"{{% $count($filter({_ENTRIES}, function($entry) {{ $not({_IS_EXPIRED}) }})) >= {max_live_runs} %}}"
            ),
        },
        "Output": {},
        "Next": "EvaluateLiveRuns",
    }


def evaluate_live_runs(budgets: Budgets, *, max_live_runs: int, excess_runs: ExcessRuns) -> State:
    """Return the state that decides whether the run joins, waits or fails."""
    if excess_runs == ExcessRuns.FAIL:
        message = (
            f"{max_live_runs} runs were live: request the run again later, raise maxLiveRuns, or set excessRuns to wait"
        )
        refusal = {"Condition": "{% $count($expired) = 0 %}", **_failure(message)}
        return {"Type": "Choice", "Choices": [refusal], "Default": "RemoveExpiredRuns"}
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $count($expired) > 0 %}", "Next": "RemoveExpiredRuns"},
            {"Condition": "{% $is_full %}", "Assign": {"wait_seconds": _wait(budgets)}, "Next": "WaitForRun"},
        ],
        "Default": "JoinLiveRuns",
    }


def remove_expired_runs(table_name: str) -> State:
    """Return the state that removes the expired entries that were read: a live run never has such an entry."""
    return {
        **_update(table_name, f"DELETE #{LIVE_RUNS} :entries", {"SS": "{% $expired %}"}),
        "Next": "JoinLiveRuns",
    }


def leave_live_runs(table_name: str, after: str) -> State:
    """Return the state that removes the run from the live runs. After an error, its entry expires.

    Args:
        table_name: The journal.
        after: The next state.
    """
    return {
        **_update(table_name, f"DELETE #{LIVE_RUNS} :entries", {"SS": [f"{{% {_ENTRY} %}}"]}),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": after}],
        "Next": after,
    }


def has_waited_too_long(max_live_runs: int) -> State:
    """Return the choice that fails a run whose deadline has passed while it waited for its turn."""
    message = (
        f"The run waited until its deadline, because {max_live_runs} other runs were live: request fewer runs at "
        "once, raise maxLiveRuns, or raise workflowDeadlineSeconds"
    )
    return {"Condition": f"{{% $not($is_live) and {NOW} >= $deadline_at %}}", **_failure(message)}


def still_waits() -> State:
    """Return the choice that looks at the live runs again after a wait."""
    return {
        "Condition": f"{{% $not($is_live) and $run.{Attribute.STATUS} = '{Status.PENDING}' %}}",
        "Next": CHECK_LIVE_RUNS,
    }


def _failure(message: str) -> State:
    failure = {Attribute.ERROR_TYPE: ErrorType.TOO_MANY_RUNS, Attribute.ERROR_MESSAGE: message}
    return {"Assign": {"failure": failure}, "Next": "RecordFailure"}


def _wait(budgets: Budgets) -> str:
    """Return the expression for a wait with jitter. It is so long that a waiting run has a short history."""
    wait = f"{budgets.poll_max_seconds} * (1 + $random() / 2)"
    return f"{{% $max([1, $min([$deadline_at - {NOW}, {wait}])]) %}}"


def _update(
    table_name: str, expression: str, entries: State, *, condition: str = "", values: State | None = None
) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "TimeoutSeconds": 30,
        "Arguments": {
            "TableName": table_name,
            "Key": LIVE_RUNS_KEY,
            "UpdateExpression": expression,
            **({"ConditionExpression": condition} if condition else {}),
            "ExpressionAttributeNames": {f"#{LIVE_RUNS}": LIVE_RUNS},
            "ExpressionAttributeValues": {":entries": entries, **(values or {})},
        },
        "Retry": journal_retry(),
    }
