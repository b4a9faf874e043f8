from decimal import Decimal

from agent.analyst.analysis.finding import Level
from agent.analyst.analysis.profile import LogClass
from tests.agent.analyst.analysis.profiles import (
    finding,
    healthy,
    logged,
    proposal,
    savings,
)


def test_half_the_price_of_ingestion_is_saved():
    # 200 GB x (0.50 - 0.25)
    assert savings(healthy(log_group=logged(incoming_bytes=100 * 1024**3))) == {"log-class": Decimal("50.00")}


def test_little_ingestion_proposes_nothing():
    assert proposal("log-class", healthy(log_group=logged(incoming_bytes=2 * 1024**3))) is None


def test_a_group_with_metric_filters_is_kept():
    filtered = logged(incoming_bytes=100 * 1024**3, metric_filters=1)
    assert proposal("log-class", healthy(log_group=filtered)) is None


def test_a_group_with_subscription_filters_is_kept_and_unknown_ones_lower_confidence():
    def proposed(filters):
        loud = logged(incoming_bytes=100 * 1024**3, subscription_filters=filters)
        return proposal("log-class", healthy(log_group=loud))

    assert proposed(1) is None
    assert proposed(0).confidence is Level.MEDIUM
    assert proposed(None).confidence is Level.LOW
    assert proposed(None).evidence["Subscription filters"] == "not known"


def test_the_limits_of_the_cheaper_class_are_named():
    proposed = proposal("log-class", healthy(log_group=logged(incoming_bytes=100 * 1024**3)))
    for unsupported in ("FilterLogEvents", "GetLogEvents", "metric filters", "subscription filters", "Live Tail"):
        assert unsupported in proposed.risk_reason
    assert "the class of a group cannot be changed" in proposed.change.summary
    assert "create-log-group" in proposed.change.cli.splitlines()[0]


def test_a_group_of_the_cheaper_class_is_kept():
    cheap = logged(incoming_bytes=100 * 1024**3, log_class=LogClass.INFREQUENT_ACCESS)
    assert proposal("log-class", healthy(log_group=cheap)) is None


def test_the_log_format_is_kept():
    loud = healthy(log_group=logged(incoming_bytes=100 * 1024**3), logs_as_json=True)
    assert "LogFormat=JSON,LogGroup=/aws/lambda/healthy-ia" in finding(loud, "log-class").proposal.change.cli
