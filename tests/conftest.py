"""Run the longest modules first, so that all workers finish at about the same time, and save processor time."""

import functools
import gc
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.loaders import JSONFileLoader, Loader, create_loader

# A worker has millions of objects. With Python's own threshold, 700 new ones, tests that execute the Pulumi program
# spend half of their time on the search for garbage.
gc.set_threshold(100_000, 20, 100)

# botocore finds and parses the models of a service again for each session: half of the time of a test that makes its
# own clients.
_parse = functools.cache(JSONFileLoader().load_file)
JSONFileLoader.load_file = lambda _, path: _parse(path)
_found: dict[str | None, dict[Any, Any]] = {}


def _loader(path: str | None) -> Loader:
    loader = create_loader(path)
    loader._cache = _found.setdefault(path, {})
    return loader


botocore.session.create_loader = _loader

LONGEST_FIRST = (
    "tests/faults/",
    "tests/test_grants.py",
    "tests/delivery/test_own_agents.py",
    "tests/delivery/test_another_stack.py",
    "tests/agent/analyst/test_analyse.py",
    "tests/local/",
    "tests/components/workflow/execution/",
    "tests/agent/harness/test_protocol.py",
    "tests/agent/harness/test_competing_runs.py",
    "tests/components/",
)


@pytest.fixture(scope="session", autouse=True)
def collect_all_garbage() -> Iterator[None]:
    """Collect what the tests have left, so that an exception in a finalizer fails at least the worker's last test."""
    yield
    gc.collect()


def pytest_collection_finish() -> None:
    """Keep the modules out of each later search for garbage."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        ranks = (rank for rank, prefix in enumerate(LONGEST_FIRST) if item.nodeid.startswith(prefix))
        return next(ranks, len(LONGEST_FIRST))

    items.sort(key=place)
