"""What several rules have in common; each rule has its own file."""

from dataclasses import replace

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.profile import Architecture, MemorySample, ProvisionedConcurrency
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import (
    HALF_A_MONTH,
    assess,
    finding,
    healthy,
    logged,
    proposal,
    savings,
    used,
)
from tests.agent.analyst.rules.wasteful import WASTEFUL


def test_nothing_is_found_on_a_healthy_function():
    assert assess(healthy()).findings == ()


class TestBlockedUpdates:
    """Python 2.7: since 2022-05-30 AWS refuses updates of its functions, except to another runtime."""

    BLOCKED = healthy(
        runtime="python2.7",
        memory_mb=3_008,
        ephemeral_storage_mb=10_240,
        timeout_seconds=900,
        log_group=logged(incoming_bytes=100 * 1024**3, retention_days=None),
    )

    def test_aws_accepts_every_proposed_change(self):
        supported = replace(self.BLOCKED, runtime="python3.14")
        found = {"memory-excess", "ephemeral-storage", "log-class", "log-retention", "timeout"}
        assert set(savings(supported)) == found
        assert set(savings(self.BLOCKED)) == {"log-retention", "deprecated-runtime"}

    def test_the_finding_of_the_runtime_mentions_blocked_updates(self):
        assert "refuses every other update" in finding(self.BLOCKED, "deprecated-runtime").proposal.risk_reason
        still_possible = healthy(runtime="python3.8")
        assert "refuses every other update" not in finding(still_possible, "deprecated-runtime").proposal.risk_reason


class TestManagedInstances:
    """Functions on Lambda Managed Instances, which AWS bills by EC2 instance."""

    def test_rules_about_billing_by_duration_are_not_applied(self):
        wasteful = healthy(
            architecture=Architecture.X86_64,
            memory_mb=4_096,
            memory=MemorySample(reports=200, peak_mb=100),
            ephemeral_storage_mb=10_240,
            timeout_seconds=900,
            provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),),
        )
        assert len(savings(wasteful)) == 5
        assert assess(replace(wasteful, managed_instances=True)).findings == ()

    def test_more_memory_is_proposed_up_to_their_own_maximum(self):
        tight = healthy(managed_instances=True, memory_mb=30_720, memory=MemorySample(reports=200, peak_mb=29_000))
        assert finding(tight, "memory-pressure").proposal.change.summary == "Memory 30,720 → 32,768 MB"
        largest = replace(tight, memory_mb=32_768, memory=MemorySample(reports=200, peak_mb=32_768))
        assert assess(largest).findings == ()

    def test_more_memory_comes_in_whole_gigabytes_and_may_need_instances(self):
        tight = healthy(managed_instances=True, memory_mb=2_048, memory=MemorySample(reports=200, peak_mb=2_000))
        proposed = proposal("memory-pressure", tight)
        assert proposed.change.summary == "Memory 2,048 → 3,072 MB"
        assert "AWS may start more instances" in proposed.risk_reason
        assert "duration would cost" not in proposed.risk_reason

    def test_runs_near_a_timeout_above_900_seconds_are_found(self):
        slow = healthy(managed_instances=True, timeout_seconds=1_200, usage=used(p99_ms=1_150_000.0))
        assert finding(slow, "timeout-pressure").proposal.change.summary.startswith("Timeout 1,200 → 1,800 s")
        slower = replace(slow, timeout_seconds=4_000, usage=used(p99_ms=3_900_000.0))
        assert finding(slower, "timeout-pressure").proposal.change.summary.startswith("Timeout 4,000 → 5,400 s")
        assert proposal("timeout-pressure", replace(slow, timeout_seconds=5_400, usage=used(p99_ms=5e6))) is None

    def test_logs_and_runtime_are_judged(self):
        old = healthy(managed_instances=True, runtime="python3.8", log_group=logged(retention_days=None))
        assert set(savings(old)) == {"log-retention", "deprecated-runtime"}

    def test_the_cost_of_managed_instances_is_a_gap(self):
        def gaps(*profiles):
            known = Facts(
                account="", window=HALF_A_MONTH, regions=("eu-west-1", "us-east-1"), profiles=profiles, gaps=()
            )
            return estate.assess(known).facts.gaps

        managed = healthy(managed_instances=True)
        [gap] = gaps(managed, replace(managed, name="another"), healthy(name="ordinary", region="eu-west-1"))
        assert (gap.source, gap.region) == ("lambda:ListFunctions", "us-east-1")
        assert gap.effect == "the cost of functions on Lambda Managed Instances is not known"
        assert gaps(healthy()) == ()


UPDATING = [
    rule for rule, profile in WASTEFUL.items() if "aws lambda update-function-" in proposal(rule, profile).change.cli
]


class TestVersions:
    """A change of a function changes `$LATEST`, which aliases do not serve."""

    def test_the_rules_that_update_functions_are_marked(self):
        assert {rule.name for rule in RULES if rule.updates_function} == set(UPDATING) - {"deprecated-runtime"}

    @pytest.mark.parametrize(
        "rule", [rule for rule in UPDATING if rule != "snapstart"]
    )  # SnapStart needs a published version
    def test_without_versions_only_the_function_is_changed(self, rule):
        assert "publish-version" not in proposal(rule, WASTEFUL[rule]).change.cli
        assert "publish" not in proposal(rule, WASTEFUL[rule]).change.pulumi

    @pytest.mark.parametrize("rule", UPDATING)
    def test_with_versions_a_new_one_is_published_and_the_alias_is_moved(self, rule):
        change = proposal(rule, replace(WASTEFUL[rule], has_versions=True)).change
        assert change.cli.splitlines()[-3:] == [
            "aws lambda wait function-updated-v2 --region us-east-1 --function-name healthy",
            "aws lambda publish-version --region us-east-1 --function-name healthy",
            "aws lambda update-alias --region us-east-1 --function-name healthy --name <alias> "
            "--function-version <the new version>",
        ]
        assert "aws.lambda_.Alias.function_version" in change.pulumi

    def test_known_aliases_and_provisioned_versions_are_named(self):
        provisioned = (
            ProvisionedConcurrency(qualifier="live", units=2, peak_utilization=0.5),
            ProvisionedConcurrency(qualifier="7", units=3, peak_utilization=0.5),
        )
        # has_versions could not be read, but provisioned concurrency implies versions.
        published = replace(WASTEFUL["timeout"], has_versions=None, provisioned=provisioned)
        target = "--region us-east-1 --function-name healthy"
        assert proposal("timeout", published).change.cli.splitlines()[-3:] == [
            f"aws lambda update-alias {target} --name live --function-version <the new version>",
            f"aws lambda put-provisioned-concurrency-config {target} --qualifier <the new version> "
            "--provisioned-concurrent-executions 3",
            f"aws lambda delete-provisioned-concurrency-config {target} --qualifier 7",
        ]


def observed_twice_as_long(profile):
    """Return the function with the same use in a time of observation of twice the length."""
    counts = ("invocations", "errors", "throttles", "duration_ms", "extensions_ms", "async_events")
    window = replace(profile.window, start=profile.window.start - (profile.window.end - profile.window.start))
    return replace(
        profile,
        window=window,
        known_since=min(profile.known_since, window.start),
        usage=replace(profile.usage, **{name: 2 * getattr(profile.usage, name) for name in counts}),
        log_group=replace(profile.log_group, incoming_bytes=2 * profile.log_group.incoming_bytes),
        provisioned=tuple(replace(one, invocations=2 * one.invocations) for one in profile.provisioned),
    )


@pytest.mark.parametrize(("rule", "profile"), WASTEFUL.items())
def test_evidence_is_per_month_and_does_not_depend_on_the_length_of_the_observation(rule, profile):
    if rule == "idle-polling":  # an idle function that was known for long is deleted
        profile = replace(profile, known_since=profile.window.start)
    longer = observed_twice_as_long(profile)
    assert proposal(rule, longer).evidence == proposal(rule, profile).evidence
    assert savings(longer) == savings(profile)


def test_rule_names_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)
