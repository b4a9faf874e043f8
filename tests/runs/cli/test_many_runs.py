"""A journal of 10,000 runs: pages are read as they are needed, and runs are not kept."""

from __future__ import annotations

import gc

import pytest

from runs.cli import listing
from runs.cli.screen import Screen
from runs.journal.reading import Journal
from runs.journal.run import Run
from tests.runs.accounts import NOW
from tests.runs.many_runs import PAGE, PAGES, ManyRuns


@pytest.fixture
def client(account, monkeypatch):
    client = ManyRuns()
    assert account.journal
    monkeypatch.setattr(Journal, "_dynamodb", client)
    return client


def test_a_list_reads_one_page_of_the_size_that_its_limit_needs(client, runs):
    status, output, _ = runs("list", "--limit", "20")
    assert (status, len(output.splitlines())) == (0, 23)
    assert [request["PaginationConfig"] for request in client.asked] == [{"PageSize": 21}]
    assert client.read == 1


@pytest.mark.slow
@pytest.mark.parametrize("show", [listing.print_runs, listing.write_json])
def test_a_long_list_keeps_no_run_in_memory(client, account, capsys, show):
    kept = []

    def watched():
        for number, run in enumerate(account.journal.runs(), 1):
            if number % 2_000 == 0:
                # Not isinstance: it fails on a weak reference to an object that is gone.
                kept.append(sum(type(one) is Run for one in gc.get_objects()))
            yield run

    runs = listing.Limited(watched(), 1_000_000)
    if show is listing.print_runs:
        show(Screen(), account.place, runs, now=NOW, period="30d")
    else:
        show(Screen(as_json=True), runs, now=NOW)

    assert client.read == PAGES
    assert len(kept) == 5
    assert max(kept) < 10
    assert len(capsys.readouterr().out.splitlines()) > PAGE * PAGES
