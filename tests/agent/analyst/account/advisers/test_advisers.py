import threading
from decimal import Decimal

import pytest

from agent.analyst.account.advisers import compute_optimizer, cost_hub
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.second_opinion import HubRecommendation, SecondOpinion, Verdict
from tests.agent.analyst.account.fakes import FakeClient, FakeClients, refusal
from tests.agent.analyst.analysis.profiles import healthy

REGION = "us-east-1"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:{}"
FUNCTIONS = [healthy(name=name, arn=ARN.format(name)) for name in ("a", "b")]


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def refusing(operation, code):
    def refuse(**_):
        raise refusal(operation, code)
        yield

    return refuse


def judged(name, runs, memory_mb, saving, finding="NotOptimized"):
    return {
        "functionArn": f"{ARN.format(name)}:$LATEST",
        "numberOfInvocations": runs,
        "lookbackPeriodInDays": 14.0,
        "finding": finding,
        "findingReasonCodes": ["MemoryOverprovisioned"],
        "memorySizeRecommendationOptions": [
            {"rank": 2, "memorySize": 4_096},
            {
                "rank": 1,
                "memorySize": memory_mb,
                "savingsOpportunity": {"estimatedMonthlySavings": {"currency": "USD", "value": saving}},
            },
        ],
    }


def optimizer(answer):
    return FakeClients({"compute-optimizer": FakeClient(get_lambda_function_recommendations=answer)})


def test_the_opinion_about_the_version_with_the_most_runs_counts(reading):
    pages = [{"lambdaFunctionRecommendations": [judged("a", 5, 128, 9.0), judged("a", 1_000, 512, 1.25)]}, {}]
    [a, b] = compute_optimizer.with_opinions(optimizer(lambda: iter(pages)), reading, REGION, FUNCTIONS)
    assert a.optimizer == SecondOpinion(
        verdict=Verdict.NOT_OPTIMIZED,
        reasons=("MemoryOverprovisioned",),
        memory_mb=512,
        monthly_saving=Decimal("1.25"),
        lookback_days=14.0,
    )
    assert b.optimizer is None
    assert reading.gaps == ()


def test_an_optimized_function_has_an_opinion_without_a_recommendation(reading):
    one = {"functionArn": ARN.format("a"), "finding": "Optimized"}
    [a, _] = compute_optimizer.with_opinions(
        optimizer(lambda: iter([{"lambdaFunctionRecommendations": [one]}])), reading, REGION, FUNCTIONS
    )
    assert a.optimizer == SecondOpinion(verdict=Verdict.OPTIMIZED)


@pytest.mark.parametrize("code", ["OptInRequiredException", "AccessDeniedException"])
def test_an_account_without_compute_optimizer_has_a_gap(reading, code):
    clients = optimizer(refusing("GetLambdaFunctionRecommendations", code))
    assert compute_optimizer.with_opinions(clients, reading, REGION, FUNCTIONS) == FUNCTIONS
    assert [(gap.source, gap.reason) for gap in reading.gaps] == [
        ("compute-optimizer:GetLambdaFunctionRecommendations", code)
    ]


def recommended(name, saving, currency="USD"):
    return {
        "resourceArn": f"{ARN.format(name)}:$LATEST",
        "actionType": "Rightsize",
        "recommendedResourceSummary": "512 MB",
        "estimatedMonthlySavings": saving,
        "currencyCode": currency,
        "implementationEffort": "Low",
        "source": "ComputeOptimizer",
    }


def hub(answer):
    return FakeClients({"cost-optimization-hub": FakeClient(list_recommendations=answer)})


def test_the_recommendation_that_saves_most_counts_and_only_those_of_the_account_are_asked_for(reading):
    items = [recommended("a", 0.5), recommended("a", 2.25), recommended("b", 7.0, currency="CNY")]
    clients = hub(lambda **_: iter([{"items": items}]))
    [a, b] = cost_hub.with_recommendations(clients, reading, ["us-east-1", "eu-west-1"], FUNCTIONS)
    assert a.hub == HubRecommendation(
        action="Rightsize", summary="512 MB", monthly_saving=Decimal("2.25"), effort="Low", source="ComputeOptimizer"
    )
    assert b.hub is None
    [(_, arguments)] = clients.get("cost-optimization-hub", REGION).requests
    assert arguments["filter"] == {
        "resourceTypes": ["LambdaFunction"],
        "regions": ["us-east-1", "eu-west-1"],
        "accountIds": ["123456789012"],
    }


def test_an_account_without_the_hub_has_a_gap(reading):
    clients = hub(refusing("ListRecommendations", "ValidationException"))
    assert cost_hub.with_recommendations(clients, reading, [REGION], FUNCTIONS) == FUNCTIONS
    assert [gap.source for gap in reading.gaps] == ["cost-optimization-hub:ListRecommendations"]


def test_an_account_without_functions_asks_nobody(reading):
    assert compute_optimizer.with_opinions(FakeClients({}), reading, REGION, []) == []
    assert cost_hub.with_recommendations(FakeClients({}), reading, [REGION], []) == []
