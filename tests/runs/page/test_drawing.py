"""Positions and words of the pictures, and the colours of the page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from runs.execution import EnteredState
from runs.journal.run import Run, Step
from runs.page.drawing.charts import runs_per_day
from runs.page.drawing.diagram import STAGES, stages
from runs.page.drawing.timeline import timeline
from runs.page.rendering import ASSETS
from runs.stats import Day
from tests.components.workflow.definitions.machines import definition
from tests.runs.accounts import NOW

BEGIN = NOW - timedelta(seconds=200)


def run(**attributes):
    return Run.of({"PK": "one", "requested_at": BEGIN.isoformat(), "status": "BUSY", "attempt": 1} | attributes)


def step(attempt, number, at, kind="MODEL", **attributes):
    finished = BEGIN.timestamp() + at
    item = {"SK": f"STEP#{attempt:03d}#{number:05d}", "step": kind, "name": "m", "finished_at": finished}
    return Step.of(item | attributes)


def entered(*states):
    return [EnteredState(name=name, at=BEGIN + timedelta(seconds=at)) for at, name in states]


def lane(drawn, label):
    return next(one for one in drawn.lanes if one.label == label)


def test_each_state_of_the_workflow_belongs_to_one_stage():
    named = [state for states in STAGES.values() for state in states]
    assert sorted(named) == sorted(definition()["States"])


def test_the_diagram_marks_the_current_stage_and_counts_visits():
    found = stages(run(), entered((0, "ClaimRun"), (1, "StartAgent"), (2, "WaitForRun"), (9, "CheckRun")))
    assert [(one.name, one.entered) for one in found if one.entered] == [
        ("claim", 1),
        ("start", 1),
        ("wait", 1),
        ("look", 1),
    ]
    assert [one.name for one in found if one.is_current] == ["look"]


def test_the_diagram_of_an_ended_workflow_marks_none():
    found = stages(run(status="COMPLETED"), entered((0, "ClaimRun"), (90, "Announce"), (91, "RunCompleted")))
    assert [one.name for one in found if one.is_current] == []


def test_no_dot_of_the_workflow_is_below_a_name():
    looks = [(at, "CheckRun" if at % 2 else "WaitForRun") for at in range(1, 199)]
    states = entered((0, "StartAgent"), *looks, (199, "Announce"))
    marks = lane(timeline(run(status="COMPLETED"), [], states, NOW), "workflow").marks
    first, last = (mark.x for mark in marks if mark.name)
    dots = [mark.x for mark in marks if not mark.name]
    assert len(dots) > 50
    assert (min(dots) > first + 9, max(dots) < last - 9) == (True, True)


def test_an_attempt_that_was_lost_shows_its_last_step_and_the_take_over():
    drawn = timeline(
        run(attempt=2, lease_expires_at=NOW.timestamp() + 50),
        [step(1, 1, 10, "START"), step(1, 2, 40, seconds=5), step(2, 1, 110, "START")],
        entered((0, "ClaimRun"), (1, "StartAgent"), (100, "TakeOver"), (101, "StartAgent")),
        NOW,
    )
    first, second = lane(drawn, "attempt 1"), lane(drawn, "attempt 2")
    # The line is 250 s long and a fiftieth more.
    per_second = 100 / 255
    assert [(bar.kind, round(bar.x / per_second), round((bar.x + bar.width) / per_second)) for bar in first.bars] == [
        ("lost", 10, 40),
        ("silent", 40, 100),
    ]
    assert [(bar.kind, round(bar.x / per_second), round((bar.x + bar.width) / per_second)) for bar in second.bars] == [
        ("busy", 110, 200),
        ("lease", 200, 250),
    ]
    assert [mark.name for mark in first.marks] == ["✗"]
    assert second.marks == []
    assert "lost: no step after" in first.text


def test_every_bar_is_inside_the_timeline():
    drawn = timeline(
        run(attempt=3, status="FAILED", error_type="AgentLost", finished_at=NOW.timestamp()),
        [step(3, 1, 30, seconds=500), step(2, 9, 150, status="error")],
        entered((-3, "ClaimRun"), (205, "Announce")),
        NOW,
    )
    bars = [bar for one in drawn.lanes for bar in one.bars]
    marks = [mark for one in drawn.lanes for mark in one.marks]
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.3 and bar.width > 0 for bar in bars)
    assert all(0 <= mark.x <= 100 for mark in marks)
    assert [mark.name for mark in lane(drawn, "workflow").marks] == ["claim", "announce"]


@pytest.mark.parametrize("seconds", [0, 1, 59, 600, 8 * 3_600, 20 * 86_400])
def test_a_run_of_any_length_has_a_few_times_on_its_line(seconds):
    drawn = timeline(
        run(requested_at=(NOW - timedelta(seconds=seconds)).isoformat(), finished_at=NOW.timestamp()), [], [], NOW
    )
    assert 1 <= len(drawn.ticks) <= 20


def test_of_stages_that_are_close_together_the_last_one_is_shown():
    found = entered((0, "ClaimRun"), (0.1, "CheckLiveRuns"), (0.2, "StartAgent"), (150, "StopSession"))
    marks = lane(timeline(run(), [], found, NOW), "workflow").marks
    assert [mark.name for mark in marks] == ["start", "end"]


def test_a_run_without_any_time_is_drawn():
    assert timeline(run(requested_at=None, attempt=2), [], [], NOW).lanes


def test_failed_runs_are_at_the_bottom_of_their_day():
    chart = runs_per_day(
        [
            Day(day=date(2026, 11, 27), runs=4, failed=1, tokens=0, usd=Decimal("0.25")),
            Day(day=date(2026, 11, 28), runs=0, failed=0, tokens=0, usd=Decimal(0)),
        ]
    )
    assert chart.columns[0].parts == [("failed", 75.0, 25.0), ("other", 0.0, 75.0)]
    assert chart.columns[1].parts == []
    assert (chart.largest, chart.first, chart.last) == ("4", "27 Nov", "28 Nov")


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_texts_have_a_contrast_of_four_and_a_half_in_light_and_dark():
    blocks = re.findall(r":root \{(.*?)\}", (ASSETS / "style.css").read_text(), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks)
    texts = ("ink", "muted", "waiting", "running", "completed", "failed", "cancelled")
    pairs = [(text, ground) for text in texts for ground in ("page", "card", "accent-soft")]

    low = {}
    for name, colours in (("light", light), ("dark", dark)):
        for text, ground in [*pairs, ("accent-ink", "accent"), ("card", "running")]:
            bright, dim = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
            if (bright + 0.05) / (dim + 0.05) < 4.5:
                low[name, text, ground] = (bright + 0.05) / (dim + 0.05)

    assert low == {}
