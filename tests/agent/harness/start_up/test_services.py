import botocore.session
import pytest
from botocore.loaders import create_loader

from agent.harness.start_up import services


def test_each_session_has_the_credentials_of_its_own_time(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    keys = []
    for key in ("old", "new"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        keys.append(services.session().get_credentials().access_key)
    assert keys == ["old", "new"]


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-1"),
    ],
)
def test_a_session_has_the_region_of_either_variable(monkeypatch, variables, region):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert services.session().region_name == region


@pytest.fixture
def reading(monkeypatch):
    """Let each session find and read descriptions itself, unlike in other tests (tests/conftest.py)."""
    monkeypatch.setattr(botocore.session, "create_loader", create_loader)
    services._shared.cache_clear()
    yield
    services._shared.cache_clear()


@pytest.mark.usefixtures("reading")
def test_a_described_service_is_not_read_again(monkeypatch):
    services.describe("sts")

    def read(*_):
        raise AssertionError("a file was read again")

    monkeypatch.setattr("botocore.loaders.JSONFileLoader.load_file", read)
    assert services.session().client("sts", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")


def test_a_description_asks_for_no_credentials(monkeypatch):
    def resolve(*_):
        raise AssertionError("credentials were looked for")

    monkeypatch.setattr("botocore.session.Session.get_credentials", resolve)
    services.describe("sqs")


def test_a_function_for_the_events_of_one_session_is_not_called_by_another():
    first, second = (services.session().events for _ in range(2))
    first.register("own-event", lambda **_: "called")
    assert [answer for _, answer in first.emit("own-event")] == ["called"]
    assert second.emit("own-event") == []
