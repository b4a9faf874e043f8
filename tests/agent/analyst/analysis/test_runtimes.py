"""The table of runtimes, compared with the list of the pinned AWS SDK."""

from datetime import date

import botocore.session
import pytest

from agent.analyst.analysis import runtimes
from agent.analyst.analysis.runtimes import CURRENT, LIFECYCLES


def test_every_runtime_that_the_sdk_knows_is_in_the_table():
    listed = botocore.session.get_session().get_service_model("lambda").shape_for("Runtime").enum
    assert set(listed) - CURRENT - set(LIFECYCLES) == set()


def test_a_runtime_is_current_or_has_an_end():
    assert not CURRENT & set(LIFECYCLES)


def test_a_successor_is_current():
    assert {lifecycle.successor for lifecycle in LIFECYCLES.values()} <= CURRENT


@pytest.mark.parametrize(
    "identifier",
    ["nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "dotnetcore1.0", "dotnetcore2.0"],
)
def test_the_oldest_runtimes_are_deprecated_and_blocked(identifier):
    assert LIFECYCLES[identifier].deprecated < date(2020, 4, 1)
    assert runtimes.updates_blocked(identifier, date(2026, 11, 25))
    assert not runtimes.runs_on_arm64(identifier)


def test_updates_are_blocked_from_their_day_on():
    assert not runtimes.updates_blocked("python3.8", date(2027, 3, 2))
    assert runtimes.updates_blocked("python3.8", date(2027, 3, 3))
    assert not runtimes.updates_blocked("python3.14", date(2040, 1, 1))
    assert not runtimes.updates_blocked(None, date(2040, 1, 1))


def test_a_custom_runtime_is_not_known_to_run_on_arm64():
    assert not runtimes.runs_on_arm64("custom")
    assert runtimes.runs_on_arm64("a-runtime-of-the-future")
