"""The page's colours: readable in light and dark, and those of the runs page."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[5]
REPORT = (PROJECT / "agent/analyst/report/html/style.css").read_text()
RUNS = (PROJECT / "runs/page/static/style.css").read_text()

TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "muted", "completed") for ground in ("page", "card")),
    ("ink", "accent-soft", TEXT),
    ("completed", "accent-soft", TEXT),
    ("muted", "accent-soft", TEXT),
    ("waiting", "waiting-soft", TEXT),
    ("failed", "failed-soft", TEXT),
    ("muted", "code", TEXT),
    ("ink", "code", TEXT),
    *((bar, "card", SHAPE) for bar in ("spend", "accent", "failed")),
]


def schemes(style):
    """Return the colours for light, dark and print; a scheme without its own has those of light."""
    light, dark, *printed = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    return {"light": light, "dark": light | dark, "print": light | (printed[0] if printed else {})}


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_definition():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_text_and_bars_are_readable(scheme, ink, ground, least):
    colours = schemes(REPORT)[scheme]
    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_and_the_runs_page_have_the_same_colours(scheme):
    report, runs = schemes(REPORT)[scheme], schemes(RUNS)[scheme]
    shared = report.keys() & runs.keys()
    assert {"page", "card", "ink", "muted", "line", "code", "accent", "accent-soft", "completed"} <= shared
    assert {name: report[name] for name in shared} == {name: runs[name] for name in shared}


def test_every_colour_is_a_token():
    rules = re.sub(r":root \{[^}]*\}", "", REPORT)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []
