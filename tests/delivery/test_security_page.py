"""Every point of docs/security.md is held by a test, or says that it is not."""

from __future__ import annotations

import re

from tests.components.recorded import PROJECT

PAGE = PROJECT / "docs" / "security.md"
_LINES_OF_TWO_PAGES = 110


def points() -> list[str]:
    found = re.findall(r"^- (.*(?:\n  .*)*)", PAGE.read_text(), re.MULTILINE)
    return [" ".join(point.split()) for point in found]


def test_every_point_names_its_tests_or_says_that_it_is_not_tested() -> None:
    assert len(points()) > 25
    assert [point for point in points() if not re.search(r"(`test_\w+`|\bNot tested\.)$", point)] == []


def test_every_named_test_exists() -> None:
    sources = "\n".join(path.read_text() for path in (PROJECT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", sources))

    named = {name for point in points() for name in re.findall(r"`(test_\w+)`", point)}

    assert sorted(named - defined) == []


def test_the_page_is_at_most_two_pages_long() -> None:
    assert len(PAGE.read_text().splitlines()) <= _LINES_OF_TWO_PAGES
