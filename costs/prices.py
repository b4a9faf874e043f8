"""AWS's list prices of what a run and a stack use, in us-east-1, each with its source.

They are before free allowances and discounts, which belong to an account. `costs/models.py` has the prices of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

AS_OF = "2026-11-28"


@dataclass(frozen=True, kw_only=True)
class Price:
    """A list price.

    Attributes:
        usd: USD for `per` units.
        per: How many units the price is for.
        source: The page that states it.
    """

    usd: Decimal
    per: int = 1
    source: str

    def cost(self, units: Decimal | int) -> Decimal:
        """Return what a number of units costs, in USD."""
        return self.usd * units / self.per


def _price(usd: str, page: str, *, per: int = 1) -> Price:
    return Price(usd=Decimal(usd), per=per, source=f"https://aws.amazon.com/{page}/pricing/")


_HOUR = 3_600
_MILLION = 1_000_000

# AgentCore bills by second: computing time of a vCPU, and the peak of the memory for the whole session.
AGENTCORE_VCPU_SECONDS = _price("0.0895", "bedrock/agentcore", per=_HOUR)
AGENTCORE_GB_SECONDS = _price("0.00945", "bedrock/agentcore", per=_HOUR)
# Since 27 February 2026 AgentCore bills the code that is deployed to a runtime, at the rate of S3 Standard.
CODE_GB_MONTHS = _price("0.023", "bedrock/agentcore")
TRANSITIONS = _price("0.025", "step-functions", per=1_000)
LAMBDA_REQUESTS = _price("0.20", "lambda", per=_MILLION)
LAMBDA_ARM_GB_SECONDS = _price("0.0000133334", "lambda")
DYNAMODB_WRITES = _price("0.625", "dynamodb", per=_MILLION)  # of at most 1 KB, on demand
DYNAMODB_READS = _price("0.125", "dynamodb", per=_MILLION)  # consistent ones of at most 4 KB, on demand
S3_WRITES = _price("0.005", "s3", per=1_000)
S3_READS = _price("0.0004", "s3", per=1_000)
S3_GB_MONTHS = _price("0.023", "s3")
EVENTS = _price("1.00", "eventbridge", per=_MILLION)  # custom events of at most 64 KB
ALARM_MONTHS = _price("0.10", "cloudwatch")
DASHBOARD_MONTHS = _price("3.00", "cloudwatch")
METRIC_MONTHS = _price("0.30", "cloudwatch")
LOG_GB = _price("0.50", "cloudwatch")
# GetMetricData has no free allowance. AWS counts up to five statistics of a metric in one request as one metric.
METRICS_ASKED = _price("0.01", "cloudwatch", per=1_000)
COST_QUERIES = _price("0.01", "aws-cost-management/aws-cost-explorer")
KEY_MONTHS = _price("1.00", "kms")
