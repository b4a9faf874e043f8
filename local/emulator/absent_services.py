"""Answers for services that MiniStack does not have, as an account without anything in them.

The analyst reads them, and a report of the local stack should not contain gaps that AWS does not have. These answers
are not checked against IAM policies.
"""

import json
from collections.abc import Mapping
from typing import Any

_TARGETS: Mapping[str, Mapping[str, Any]] = {
    "ComputeOptimizerService.GetLambdaFunctionRecommendations": {"lambdaFunctionRecommendations": []},
    "CostOptimizationHubService.ListRecommendations": {"items": []},
    "AWSInsightsIndexService.GetCostAndUsage": {"ResultsByTime": []},
}
_PATHS: Mapping[str, Mapping[str, Any]] = {
    "/2025-03-07/web-functions": {"functions": []},
    "/2025-11-30/capacity-providers": {"CapacityProviders": []},
    "/DescribeSavingsPlans": {"savingsPlans": []},
}


def nothing(scope: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the answer to a request for one of these services; None for all other requests."""
    if scope["path"].rstrip("/") in _PATHS:
        return _PATHS[scope["path"].rstrip("/")]
    target = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-amz-target"), "")
    return _TARGETS.get(target)


async def send_json(send: Any, answer: Mapping[str, Any]) -> None:
    """Send an answer."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
