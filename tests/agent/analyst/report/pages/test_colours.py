"""The page's colours are those of the runs page. Whether they are readable is tested in a browser."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[5]
REPORT = "".join((PROJECT / "agent/analyst/report/pages" / name).read_text() for name in ("style.css", "print.css"))
RUNS = (PROJECT / "runs/page/static/style.css").read_text()
PRINTED_RUNS = (PROJECT / "runs/page/static/parts.css").read_text()


def schemes(style):
    """Return the colours of each block of tokens: light, dark, print."""
    return [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{([^}]*)\}", style)
    ]


def test_the_report_and_the_runs_page_have_the_same_colours():
    report, runs = schemes(REPORT), schemes(RUNS + PRINTED_RUNS)
    assert len(report) == len(runs) == 3
    for mine, theirs in zip(report, runs, strict=True):
        shared = mine.keys() & theirs.keys()
        assert {"page", "card", "ink", "muted", "line", "code", "accent", "completed", "failed", "waiting"} <= shared
        assert {name: mine[name] for name in shared} == {name: theirs[name] for name in shared}


def test_every_colour_is_a_token():
    rules = re.sub(r":root \{[^}]*\}", "", REPORT)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []
