"""The bills of one run and of a stack at rest, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from agent.harness.tokens import Tokens
from costs import models, prices

_BYTES_PER_GB = 1024**3
_MB_PER_GB = 1024


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a bill.

    Attributes:
        what: What is billed.
        how_much: The quantities, with their prices.
        usd: The cost; None if the price is not known.
    """

    what: str
    how_much: str
    usd: Decimal | None


@dataclass(frozen=True, kw_only=True)
class RunUse:
    """What one run uses. The defaults are those of a run of 164 s.

    Attributes:
        seconds: Time of the session on AgentCore.
        computing_seconds: Time in which it computes on one vCPU. Waiting is free.
        peak_gb: Highest memory use of the session.
        transitions: State transitions of the workflow.
        lambda_calls: Calls of the functions that start and stop the session.
        lambda_seconds: Duration of each.
        lambda_gb: Memory of each.
        writes: Writes to the journal.
        reads: Reads of the journal.
        objects_written: Objects of the report and the conversation.
        objects_read: Objects that are read.
        events: Events on the bus: the request and the outcome.
        log_bytes: Log lines and spans.
        metrics_asked: Metrics that the analyst asks CloudWatch for.
        cost_queries: Requests that the analyst makes to Cost Explorer.
        model_id: The model.
        tokens: Tokens of the model.
    """

    seconds: Decimal = Decimal(164)
    computing_seconds: Decimal = Decimal(20)
    peak_gb: Decimal = Decimal("0.5")
    transitions: int = 22
    lambda_calls: int = 2
    lambda_seconds: Decimal = Decimal(1)
    lambda_gb: Decimal = Decimal("0.25")
    writes: int = 30
    reads: int = 10
    objects_written: int = 20
    objects_read: int = 5
    events: int = 2
    log_bytes: int = 100 * 1024
    metrics_asked: int = 0
    cost_queries: int = 0
    model_id: str = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
    tokens: Tokens = field(default_factory=Tokens)


def bill_of_run(use: RunUse) -> Sequence[Line]:
    """Return the bill of a run, without the model."""
    return [
        Line(
            what="AgentCore",
            how_much=f"{use.seconds} s, of which {use.computing_seconds} s computing on one vCPU, {use.peak_gb} GB at "
            f"the peak: ${prices.AGENTCORE_VCPU_SECONDS.usd} per vCPU-hour, ${prices.AGENTCORE_GB_SECONDS.usd} per "
            "GB-hour",
            usd=prices.AGENTCORE_VCPU_SECONDS.cost(use.computing_seconds)
            + prices.AGENTCORE_GB_SECONDS.cost(use.seconds * use.peak_gb),
        ),
        Line(
            what="Step Functions",
            how_much=f"{use.transitions} transitions at ${prices.TRANSITIONS.usd} per 1,000",
            usd=prices.TRANSITIONS.cost(use.transitions),
        ),
        Line(
            what="Lambda, DynamoDB, S3, EventBridge",
            how_much=f"{use.lambda_calls} calls, {use.writes} writes, {use.objects_written} objects, "
            f"{use.events} events",
            usd=prices.LAMBDA_REQUESTS.cost(use.lambda_calls)
            + prices.LAMBDA_ARM_GB_SECONDS.cost(use.lambda_calls * use.lambda_seconds * use.lambda_gb)
            + prices.DYNAMODB_WRITES.cost(use.writes)
            + prices.DYNAMODB_READS.cost(use.reads)
            + prices.S3_WRITES.cost(use.objects_written)
            + prices.S3_READS.cost(use.objects_read)
            + prices.EVENTS.cost(use.events),
        ),
        Line(
            what="CloudWatch Logs, X-Ray",
            how_much=f"{use.log_bytes // 1024} KB of log lines and spans at ${prices.LOG_GB.usd} a GB",
            usd=prices.LOG_GB.cost(Decimal(use.log_bytes) / _BYTES_PER_GB),
        ),
        *([_metrics_asked(use.metrics_asked)] if use.metrics_asked else []),
        *([_cost_queries(use.cost_queries)] if use.cost_queries else []),
    ]


def _metrics_asked(count: int) -> Line:
    return Line(
        what="GetMetricData",
        how_much=f"{count:,} metrics at ${prices.METRICS_ASKED.usd} per 1,000",
        usd=prices.METRICS_ASKED.cost(count),
    )


def _cost_queries(count: int) -> Line:
    return Line(
        what="Cost Explorer",
        how_much=f"{count:,} request{'s' * (count != 1)} at ${prices.COST_QUERIES.usd}",
        usd=prices.COST_QUERIES.cost(count),
    )


def bill_of_model(use: RunUse) -> Line:
    """Return the line of a run's model."""
    tokens = use.tokens
    counts = f"{tokens.read + tokens.cache_read + tokens.cache_written:,} tokens in"
    if tokens.cache_read or tokens.cache_written:
        counts += f" ({tokens.cache_read:,} from the cache, {tokens.cache_written:,} to it)"
    price = models.price_of(use.model_id)
    if price is None:
        return Line(
            what=f"Model {use.model_id}", how_much=f"{counts}, {tokens.written:,} out: no known price", usd=None
        )
    return Line(
        what="Model",
        how_much=f"{counts}, {tokens.written:,} out at ${price.read:f} and ${price.written:f} a million",
        usd=price.cost(tokens),
    )


@dataclass(frozen=True, kw_only=True)
class StackUse:
    """What a stack uses in a month without runs; metrics are billed only in months with runs."""

    alarms: int = 16
    dashboards: int = 1
    metrics: int = 19
    bundles_mb: int = 51
    code_mb: int = 45


def bill_at_rest(use: StackUse) -> Sequence[Line]:
    """Return what a stack costs in a month."""
    return [
        Line(
            what="CloudWatch",
            how_much=f"{use.alarms} alarms at ${prices.ALARM_MONTHS.usd}, {use.dashboards} dashboard at "
            f"${prices.DASHBOARD_MONTHS.usd}",
            usd=prices.ALARM_MONTHS.cost(use.alarms) + prices.DASHBOARD_MONTHS.cost(use.dashboards),
        ),
        Line(
            what="its metrics, in months with runs",
            how_much=f"at most {use.metrics} at ${prices.METRIC_MONTHS.usd}",
            usd=prices.METRIC_MONTHS.cost(use.metrics),
        ),
        Line(
            what="code; reports and logs come on top",
            how_much=f"{use.bundles_mb} MB of bundles in S3, {use.code_mb} MB for each version that AgentCore keeps, "
            f"at ${prices.S3_GB_MONTHS.usd} a GB",
            usd=prices.S3_GB_MONTHS.cost(Decimal(use.bundles_mb) / _MB_PER_GB)
            + prices.CODE_GB_MONTHS.cost(Decimal(use.code_mb) / _MB_PER_GB),
        ),
        Line(what="customer-managed key, if set", how_much="one", usd=prices.KEY_MONTHS.cost(1)),
    ]
