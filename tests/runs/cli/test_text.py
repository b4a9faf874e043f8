"""The short forms of what people read."""

import pytest

from runs.cli.text import requester
from runs.journal.run import Run


@pytest.mark.parametrize(
    ("requested_by", "shown"),
    [
        ("schedule weekly", "weekly"),
        ("runs: ana@laptop", "ana@laptop"),
        ("runs: weekly", "runs: weekly"),
        ("runs: schedule weekly", "runs: schedule weekly"),
        ("billing: weekly", "billing: weekly"),
    ],
)
def test_only_the_runs_of_a_schedule_are_shown_with_its_name(requested_by, shown):
    assert requester(Run.of({"PK": "8d76db61", "requested_by": requested_by})) == shown
