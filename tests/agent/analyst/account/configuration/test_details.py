import threading
from dataclasses import replace

import pytest

from agent.analyst.account.configuration import details
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.configuration import AsyncConfig, FunctionUrl
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import healthy, used

REGION = "us-east-1"
SILENT = healthy(name="silent", may_recurse=None, usage=used(invocations=0, duration_ms=0.0))
FAILING = healthy(name="failing", may_recurse=None, usage=used(errors=500))
HEALTHY = healthy()


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def answering(urls=(), configs=(), recursion="Terminate"):
    return FakeClient(
        list_function_url_configs=lambda **_: {"FunctionUrlConfigs": list(urls)},
        list_function_event_invoke_configs=lambda **_: {"FunctionEventInvokeConfigs": list(configs)},
        get_function_recursion_config=lambda **_: {"RecursiveLoop": recursion},
    )


def read(client, reading, *profiles):
    return details.with_details(client, reading, REGION, profiles)


def test_a_detail_is_read_only_for_functions_whose_findings_depend_on_it(reading):
    client = answering(recursion="Allow")
    found = {one.name: one for one in read(client, reading, HEALTHY, FAILING, SILENT)}
    assert client.calls == {
        "list_function_url_configs": 1,
        "list_function_event_invoke_configs": 1,
        "get_function_recursion_config": 2,
    }
    assert [found[name].function_urls for name in ("healthy", "failing", "silent")] == [None, None, ()]
    assert [found[name].async_config for name in ("healthy", "failing", "silent")] == [None, AsyncConfig(), None]
    assert [found[name].may_recurse for name in ("healthy", "failing", "silent")] == [True, True, None]


def test_the_urls_of_a_function_and_of_its_aliases_are_read(reading):
    urls = [
        {"FunctionArn": SILENT.arn, "AuthType": "AWS_IAM"},
        {"FunctionArn": f"{SILENT.arn}:live", "AuthType": "NONE"},
    ]
    [found] = read(answering(urls=urls), reading, SILENT)
    assert found.function_urls == (
        FunctionUrl(qualifier=None, public=False),
        FunctionUrl(qualifier="live", public=True),
    )


DESTINATION = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failed"}}


@pytest.mark.parametrize(
    ("configs", "has_dead_letter_queue", "expected"),
    [
        ([], False, AsyncConfig(retries=2, keeps_failures=False)),
        ([], True, AsyncConfig(retries=2, keeps_failures=True)),
        (
            [{"MaximumRetryAttempts": 0, "DestinationConfig": DESTINATION}],
            False,
            AsyncConfig(retries=0, keeps_failures=True),
        ),
        (
            [{"MaximumRetryAttempts": 0, "DestinationConfig": DESTINATION}, {"MaximumRetryAttempts": 1}],
            False,
            AsyncConfig(retries=1, keeps_failures=False),
        ),
    ],
)
def test_the_configuration_of_asynchronous_calls_is_the_worst_of_all_qualifiers(
    reading, configs, has_dead_letter_queue, expected
):
    failing = replace(FAILING, has_dead_letter_queue=has_dead_letter_queue)
    assert read(answering(configs=configs), reading, failing)[0].async_config == expected


def test_the_number_of_requests_does_not_grow_with_the_account(reading):
    client = answering()
    silent = [replace(SILENT, name=f"silent-{number}", arn=f"arn:{number}") for number in range(details.MOST_READ + 50)]
    assert len(read(client, reading, *silent)) == len(silent)
    assert client.calls == {"list_function_url_configs": details.MOST_READ}
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [("lambda:ListFunctionUrlConfigs", 50)]


def test_refused_details_are_unknown_and_a_gap(reading):
    def refusing(operation):
        def refuse(**_):
            raise refusal(operation)

        return refuse

    client = FakeClient(
        list_function_url_configs=refusing("ListFunctionUrlConfigs"),
        list_function_event_invoke_configs=refusing("ListFunctionEventInvokeConfigs"),
        get_function_recursion_config=refusing("GetFunctionRecursionConfig"),
    )
    found = read(client, reading, FAILING, SILENT)
    assert [(one.function_urls, one.async_config, one.may_recurse) for one in found] == [(None, None, None)] * 2
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [
        ("lambda:GetFunctionRecursionConfig", 1),
        ("lambda:ListFunctionEventInvokeConfigs", 1),
        ("lambda:ListFunctionUrlConfigs", 1),
    ]
