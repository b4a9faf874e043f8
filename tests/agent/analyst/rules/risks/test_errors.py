from decimal import Decimal

from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import LogClass
from tests.agent.analyst.analysis.profiles import (
    END,
    finding,
    healthy,
    logged,
    proposal,
    used,
)


def test_the_cost_of_failed_runs_is_evidence_and_not_a_saving():
    found = finding(healthy(usage=used(errors=250_000)), "errors")
    # A quarter: 500,000 requests x 0.0000002 = 0.10; 500,000 GB-s x 0.0000133334 = 6.6667
    assert (found.saving, found.category) == (Decimal("0.00"), Category.ADVICE)
    assert found.proposal.evidence["Wasted"] == (
        "$6.77 a month: (2,000,000 − 1,500,000) calls × $0.0000002 for requests "  # noqa: RUF001
        "+ (2,000,000 − 1,500,000) GB-s × $0.0000133334 for arm64 duration"  # noqa: RUF001
    )


def test_the_commands_show_errors_and_do_not_change_retries():
    first, *others = proposal("errors", healthy(usage=used(errors=250_000))).change.cli.splitlines()
    assert first.startswith("aws logs filter-log-events ")
    assert all(line.startswith("# ") for line in others)
    assert "asynchronous calls" in others[0]


def test_infrequent_access_logs_are_searched_with_a_query():
    rare = logged(log_class=LogClass.INFREQUENT_ACCESS)
    first = proposal("errors", healthy(usage=used(errors=250_000), log_group=rare)).change.cli.splitlines()[0]
    assert first.startswith("aws logs start-query --region us-east-1 --log-group-name /aws/lambda/healthy ")
    assert f"--end-time {END.timestamp():.0f} " in first


def test_on_managed_instances_the_cost_of_failed_runs_is_not_known():
    managed = healthy(usage=used(errors=250_000), managed_instances=True)
    assert "Wasted" not in finding(managed, "errors").proposal.evidence


def test_an_error_rate_of_five_percent_is_tolerated():
    assert proposal("errors", healthy(usage=used(errors=50_000))) is None


def test_a_few_failures_are_not_judged():
    assert proposal("errors", healthy(usage=used(invocations=49, errors=49))) is None


def test_errors_are_capped_at_all_runs():
    found = finding(healthy(usage=used(errors=2_000_000)), "errors")
    assert found.proposal.evidence["Error rate"] == "100.0%"
    # 2,000,000 requests x 0.0000002 = 0.40; 2,000,000 GB-s x 0.0000133334 = 26.6668
    assert found.proposal.evidence["Wasted"].startswith("$27.07 a month: ")
