from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from runs.conversation import Conversations
from runs.page.app import application
from runs.page.guard import Keys
from runs.page.site import Site
from tests.runs.accounts import NOW, StackAccount

PORT = 18_080
KEYS = Keys(token="the-token", once="once", session="the-session", csrf="the-csrf")


@pytest.fixture
def site(account: StackAccount) -> Site:
    return Site(
        place=account.place,
        operator="ana@laptop",
        now=lambda: NOW,
        keys=KEYS,
        is_closing=lambda: False,
        conversations=Conversations(account.place),
    )


@pytest.fixture
def stranger(site: Site) -> Iterator[TestClient]:
    """Return a browser that has not been given the token."""
    with TestClient(
        application(site, port=PORT), base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    """Return the browser of the operator."""
    stranger.get("/?token=the-token")
    return stranger
