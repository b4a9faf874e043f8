from decimal import Decimal

from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import LogClass
from tests.agent.analyst.analysis.profiles import (
    finding,
    healthy,
    logged,
    proposal,
    savings,
)


def test_events_older_than_thirty_days_are_saved():
    # 365 hours with 73 GB: 4.8 GB a day, so 144 GB in 30 days. (1,144 - 144) x 0.15 x 0.03 = 4.50
    hoarding = logged(retention_days=None, stored_bytes=1_144 * 1024**3, incoming_bytes=73 * 1024**3)
    assert savings(healthy(log_group=hoarding))["log-retention"] == Decimal("4.50")


def test_a_group_of_the_delivery_class_is_kept():
    group = logged(retention_days=None, stored_bytes=1_144 * 1024**3, log_class=LogClass.DELIVERY)
    assert proposal("log-retention", healthy(log_group=group)) is None


def test_a_small_group_without_retention_saves_nothing():
    found = finding(healthy(log_group=logged(retention_days=None, stored_bytes=1_000)), "log-retention")
    assert found.category is Category.ADVICE


def test_without_a_known_ingestion_nothing_is_saved():
    unknown = logged(retention_days=None, stored_bytes=1_000 * 1024**3, incoming_bytes=None)
    assert finding(healthy(log_group=unknown), "log-retention").saving == 0
