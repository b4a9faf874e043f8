"""Each rule: when it proposes a change, when it does not, and what the change saves."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.finding import Category, Level
from agent.analyst.analysis.profile import Architecture, LogClass, MemorySample, PackageType, ProvisionedConcurrency
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import (
    END,
    HALF_A_MONTH,
    assess,
    finding,
    healthy,
    logged,
    proposal,
    savings,
    used,
)

UNUSED = used(invocations=0, duration_ms=0.0, p95_ms=None, p99_ms=None)


def test_nothing_is_found_on_a_healthy_function():
    assert assess(healthy()).findings == ()


class TestIdle:
    def test_deleting_an_idle_function_saves_what_it_costs(self):
        idle = healthy(
            usage=UNUSED,
            provisioned=(ProvisionedConcurrency(qualifier="live", units=2, peak_utilization=0.0),),
            log_group=logged(incoming_bytes=0, stored_bytes=100 * 1024**3),
        )
        # 2 x 2,628,000 GB-s x 0.0000033334 = 17.52035...; 100 GB x 0.15 x 0.03 = 0.45
        assert savings(idle) == {"idle": Decimal("17.97")}

    def test_a_function_that_costs_nothing_is_advice(self):
        assert finding(healthy(usage=UNUSED, log_group=None), "idle").category is Category.ADVICE

    def test_a_function_that_ran_once_is_not_idle(self):
        assert proposal("idle", healthy(usage=used(invocations=1))) is None

    def test_a_throttled_function_is_not_idle(self):
        assert proposal("idle", healthy(usage=replace(UNUSED, throttles=1))) is None

    def test_a_function_that_is_known_only_since_the_window_began_is_not_judged(self):
        young = healthy(usage=UNUSED, known_since=HALF_A_MONTH.start + timedelta(seconds=1))
        assert proposal("idle", young) is None

    @pytest.mark.parametrize(
        ("days", "confidence", "monthly"),
        [
            (15, Level.LOW, "A monthly job may not have run in this time"),
            (30, Level.MEDIUM, "A monthly job may not have run in this time"),
            (31, Level.MEDIUM, "A yearly job may not have run in this time"),
            (89, Level.MEDIUM, "A yearly job may not have run in this time"),
            (90, Level.HIGH, "A yearly job may not have run in this time"),
        ],
    )
    def test_confidence_grows_with_the_days_without_a_call(self, days, confidence, monthly):
        proposed = proposal("idle", healthy(usage=replace(UNUSED, silent_days=days)))
        assert proposed.title == f"Not called for {days} days"
        assert proposed.evidence["Not called for"] == f"{days} days"
        assert proposed.confidence is confidence
        assert proposed.risk_reason.startswith(monthly)

    def test_without_a_look_back_confidence_is_low(self):
        proposed = proposal("idle", healthy(usage=UNUSED))
        assert proposed.title == "Not called for 15 days"
        assert proposed.confidence is Level.LOW

    @pytest.mark.parametrize(
        ("changes", "confidence"),
        [
            ({"has_versions": True}, Level.LOW),
            ({"has_versions": None}, Level.LOW),
            ({"has_versions": False}, Level.HIGH),
            ({"has_versions": True, "region": "eu-west-1"}, Level.HIGH),
            ({"has_versions": True, "architecture": Architecture.ARM64}, Level.HIGH),
            ({"has_versions": True, "runtime": "java25"}, Level.HIGH),
        ],
    )
    def test_a_possible_lambda_at_edge_function_has_low_confidence(self, changes, confidence):
        silent = replace(UNUSED, silent_days=200)
        proposed = proposal("idle", healthy(**{"architecture": Architecture.X86_64, "usage": silent, **changes}))
        assert proposed.confidence is confidence
        assert ("(Lambda@Edge)" in proposed.risk_reason) is (confidence is Level.LOW)
        assert ("us-east-1.healthy" in proposed.risk_reason) is (confidence is Level.LOW)

    def test_the_log_group_is_deleted_with_the_function(self):
        commands = finding(healthy(usage=UNUSED), "idle").proposal.change.cli.splitlines()
        assert commands == [
            "aws lambda delete-function --region us-east-1 --function-name healthy",
            "aws logs delete-log-group --region us-east-1 --log-group-name /aws/lambda/healthy",
        ]


class TestProvisionedConcurrency:
    def test_unused_provisioned_concurrency_is_removed(self):
        unused = healthy(provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),))
        # 10 x 2,628,000 GB-s x 0.0000033334 = 87.60175...
        assert savings(unused) == {"provisioned-concurrency": Decimal("87.60")}
        assert "delete-provisioned-concurrency-config" in finding(unused, "provisioned-concurrency").proposal.change.cli

    def test_instances_above_the_peak_plus_a_tenth_are_removed(self):
        # A peak of 4 of 20, a tenth more is 4.4, so 5 stay: 15 x 2,628,000 x 0.0000033334 = 131.40262...
        large = ProvisionedConcurrency(qualifier="live", units=20, peak_utilization=0.2, invocations=900_000)
        assert savings(healthy(provisioned=(large,))) == {"provisioned-concurrency": Decimal("131.40")}

    def test_the_assumption_mentions_schedules(self):
        unused = healthy(provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),))
        proposed = proposal("provisioned-concurrency", unused)
        assert proposed.confidence is Level.MEDIUM
        assert "schedule" in proposed.assumption

    def test_the_saving_uses_the_memory_size_of_the_version(self):
        # 10 x 0.5 GB x 2,628,000 s x 0.0000041667 = 54.75043...
        old = ProvisionedConcurrency(
            qualifier="7", units=10, peak_utilization=0.0, memory_mb=512, architecture=Architecture.X86_64
        )
        assert savings(healthy(provisioned=(old,))) == {"provisioned-concurrency": Decimal("54.75")}

    def test_used_provisioned_concurrency_is_kept(self):
        busy = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.95, invocations=900_000)
        assert proposal("provisioned-concurrency", healthy(provisioned=(busy,))) is None

    def test_without_a_measured_utilisation_nothing_is_proposed(self):
        unmeasured = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=None)
        assert proposal("provisioned-concurrency", healthy(provisioned=(unmeasured,))) is None

    def test_contradicting_measurements_propose_nothing(self):
        contradictory = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0, invocations=5)
        assert proposal("provisioned-concurrency", healthy(provisioned=(contradictory,))) is None


class TestErrors:
    def test_the_cost_of_failed_runs_is_evidence_and_not_a_saving(self):
        found = finding(healthy(usage=used(errors=250_000)), "errors")
        # A quarter: 500,000 requests x 0.0000002 = 0.10; 500,000 GB-s x 0.0000133334 = 6.6667
        assert (found.saving, found.category) == (Decimal("0.00"), Category.ADVICE)
        assert found.proposal.evidence["Wasted"] == (
            "$6.77 a month: (2,000,000 − 1,500,000) calls × $0.0000002 for requests "  # noqa: RUF001
            "+ (2,000,000 − 1,500,000) GB-s × $0.0000133334 for arm64 duration"  # noqa: RUF001
        )

    def test_the_commands_show_errors_and_do_not_change_retries(self):
        first, *others = proposal("errors", healthy(usage=used(errors=250_000))).change.cli.splitlines()
        assert first.startswith("aws logs filter-log-events ")
        assert all(line.startswith("# ") for line in others)
        assert "asynchronous calls" in others[0]

    def test_infrequent_access_logs_are_searched_with_a_query(self):
        rare = logged(log_class=LogClass.INFREQUENT_ACCESS)
        first = proposal("errors", healthy(usage=used(errors=250_000), log_group=rare)).change.cli.splitlines()[0]
        assert first.startswith("aws logs start-query --region us-east-1 --log-group-name /aws/lambda/healthy ")
        assert f"--end-time {END.timestamp():.0f} " in first

    def test_on_managed_instances_the_cost_of_failed_runs_is_not_known(self):
        managed = healthy(usage=used(errors=250_000), managed_instances=True)
        assert "Wasted" not in finding(managed, "errors").proposal.evidence

    def test_an_error_rate_of_five_percent_is_tolerated(self):
        assert proposal("errors", healthy(usage=used(errors=50_000))) is None

    def test_a_few_failures_are_not_judged(self):
        assert proposal("errors", healthy(usage=used(invocations=49, errors=49))) is None

    def test_more_errors_than_runs_count_as_all_runs(self):
        found = finding(healthy(usage=used(errors=2_000_000)), "errors")
        assert found.proposal.evidence["Error rate"] == "100.0%"
        # 2,000,000 requests x 0.0000002 = 0.40; 2,000,000 GB-s x 0.0000133334 = 26.6668
        assert found.proposal.evidence["Wasted"].startswith("$27.07 a month: ")


class TestMemoryExcess:
    def test_the_saving_includes_the_longer_duration(self):
        # 1,024 MB with 300 MB used. 300 x 1.25 = 375 would do, but a run that only computes may take twice as long at
        # most, so 512 MB. Half of a run computes: 0.5 + 0.5 x 1,024 / 512 = 1.5 times as long.
        # Before: 2,000,000 GB-s. After: 2,000,000 s x 1.5 x 0.5 GB = 1,500,000. 500,000 x 0.0000133334 = 6.6667
        large = healthy(memory=MemorySample(reports=200, peak_mb=300))
        assert savings(large) == {"memory-excess": Decimal("6.66")}
        assert finding(large, "memory-excess").proposal.change.pulumi == "aws.lambda_.Function.memory_size = 512"

    def test_above_one_vcpu_runs_are_assumed_to_slow_down_too(self):
        # 4,096 to 2,048 MB, both above 1,769: 8,000,000 GB-s before, 2,000,000 s x 1.5 x 2 GB = 6,000,000 after;
        # 2,000,000 x 0.0000133334 = 26.6668
        large = healthy(memory_mb=4_096, memory=MemorySample(reports=200, peak_mb=100))
        assert savings(large) == {"memory-excess": Decimal("26.66")}
        proposed = finding(large, "memory-excess").proposal
        assert proposed.evidence["Expected duration"] == "1.50 times as long (2.00 times if a run only computes)"
        assert proposed.risk is Level.MEDIUM

    @pytest.mark.parametrize("memory_mb", [512, 1_769, 3_008, 10_240])
    def test_no_run_takes_more_than_twice_as_long(self, memory_mb):
        proposed = proposal("memory-excess", healthy(memory_mb=memory_mb, memory=MemorySample(reports=200, peak_mb=1)))
        assert memory_mb / proposed.after.memory_mb <= 2

    def test_longer_runs_keep_provisioned_instances_busier(self):
        half = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.5, invocations=1_000_000)
        roomy = healthy(memory=MemorySample(reports=200, peak_mb=100), provisioned=(half,))
        after = proposal("memory-excess", roomy).after
        assert (after.memory_mb, after.provisioned[0].peak_utilization) == (512, 0.75)

    def test_provisioned_instances_limit_the_slowdown(self):
        # In use to 80 %, they allow for runs of 1.25 times as long: 1,024 / 1.25 = 819.2, so 832 MB, within the model's
        # error; of 2,048 MB 1,638.4, so 1,664 MB, likewise. To 70 %, 2,048 x 0.7 = 1,433.6, so 1,472 MB.
        def proposed(memory_mb, busy):
            one = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=busy, invocations=9)
            sample = MemorySample(reports=200, peak_mb=100)
            return proposal("memory-excess", healthy(memory_mb=memory_mb, memory=sample, provisioned=(one,)))

        assert proposed(1_024, 0.8) is None
        assert proposed(2_048, 0.7).after.memory_mb == 1_472
        assert proposed(2_048, 1.0) is None
        assert proposed(2_048, None) is None

    def test_measurements_of_a_version_with_another_memory_size_are_not_used(self):
        old = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=0.1, invocations=9, memory_mb=512)
        roomy = healthy(memory=MemorySample(reports=200, peak_mb=100), provisioned=(old,))
        assert proposal("memory-excess", roomy) is None
        tight = healthy(memory=MemorySample(reports=200, peak_mb=1_000), provisioned=(old,))
        assert proposal("memory-pressure", tight) is None

    def test_a_quarter_of_headroom_stays_above_the_highest_use(self):
        large = healthy(memory_mb=1_024, memory=MemorySample(reports=200, peak_mb=512))
        assert finding(large, "memory-excess").proposal.after.memory_mb == 640

    def test_runs_near_their_timeout_are_not_slowed_down(self):
        slow = healthy(
            memory_mb=1_024,
            memory=MemorySample(reports=200, peak_mb=100),
            timeout_seconds=5,
            usage=used(p99_ms=4_000.0),
        )
        assert proposal("memory-excess", slow) is None

    def test_a_step_within_the_error_of_the_model_is_not_proposed(self):
        assert proposal("memory-excess", healthy(memory=MemorySample(reports=200, peak_mb=700))) is None

    def test_a_small_sample_proposes_nothing(self):
        assert proposal("memory-excess", healthy(memory=MemorySample(reports=19, peak_mb=10))) is None

    def test_the_smallest_size_is_kept(self):
        assert proposal("memory-excess", healthy(memory_mb=128, memory=MemorySample(reports=20, peak_mb=1))) is None


class TestArchitecture:
    def test_duration_costs_a_fifth_less(self):
        # 2,000,000 GB-s x (0.0000166667 - 0.0000133334) = 6.6666
        assert savings(healthy(architecture=Architecture.X86_64)) == {"architecture": Decimal("6.66")}

    def test_provisioned_concurrency_moves_with_the_function(self):
        provisioned = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0, invocations=1_000_000)
        moved = healthy(architecture=Architecture.X86_64, provisioned=(provisioned,))
        # Category by: 2,628,000 x (0.0000041667 - 0.0000033334) = 2.18991...
        # Runs: 2,000,000 x (0.0000097222 - 0.0000077778) = 3.8888
        assert savings(moved) == {"architecture": Decimal("6.07")}

    def test_provisioned_versions_on_arm64_save_nothing_more(self):
        there = ProvisionedConcurrency(
            qualifier="live", units=1, peak_utilization=1.0, invocations=500_000, architecture=Architecture.ARM64
        )
        # The other half of the runs: 1,000,000 GB-s x (0.0000166667 - 0.0000133334) = 3.3333
        assert savings(healthy(architecture=Architecture.X86_64, provisioned=(there,))) == {
            "architecture": Decimal("3.33")
        }

    @pytest.mark.parametrize("has_versions", [True, None])
    def test_a_possible_lambda_at_edge_function_has_low_confidence_and_medium_risk(self, has_versions):
        x86 = healthy(architecture=Architecture.X86_64, has_versions=has_versions)
        proposed = proposal("architecture", x86)
        assert (proposed.confidence, proposed.risk) == (Level.LOW, Level.MEDIUM)
        assert "(Lambda@Edge)" in proposed.risk_reason
        elsewhere = proposal("architecture", replace(x86, region="eu-west-1"))
        assert (elsewhere.confidence, elsewhere.risk) == (Level.MEDIUM, Level.LOW)

    @pytest.mark.parametrize(
        "runtime", ["custom", "nodejs8.10", "go1.x", "nodejs10.x", "python3.7", "provided", "dotnetcore2.1"]
    )
    def test_runtimes_without_arm64_are_kept(self, runtime):
        assert proposal("architecture", healthy(architecture=Architecture.X86_64, runtime=runtime)) is None

    def test_compiled_code_layers_and_images_have_low_confidence(self):
        x86 = healthy(architecture=Architecture.X86_64)
        compiled = replace(x86, runtime="provided.al2023")
        layered = replace(x86, layers=("arn:aws:lambda:us-east-1:123456789012:layer:codec:1",))
        image = replace(x86, runtime=None, package_type=PackageType.IMAGE)
        assert finding(x86, "architecture").proposal.confidence is Level.MEDIUM
        for profile in (compiled, layered, image):
            assert finding(profile, "architecture").proposal.confidence is Level.LOW

    def test_an_image_is_replaced_with_an_image(self):
        image = healthy(architecture=Architecture.X86_64, runtime=None, package_type=PackageType.IMAGE)
        assert "--image-uri" in finding(image, "architecture").proposal.change.cli


class TestEphemeralStorage:
    def test_the_free_size_saves_the_whole_cost(self):
        # 2,000,000 s x 9.5 GB x 0.0000000309 = 0.5871
        found = finding(healthy(ephemeral_storage_mb=10_240), "ephemeral-storage")
        assert found.saving == Decimal("0.58")
        assert found.category is Category.MINOR
        assert found.proposal.confidence is Level.LOW


class TestLogClass:
    def test_half_the_price_of_ingestion_is_saved(self):
        # 200 GB x (0.50 - 0.25)
        assert savings(healthy(log_group=logged(incoming_bytes=100 * 1024**3))) == {"log-class": Decimal("50.00")}

    def test_little_ingestion_proposes_nothing(self):
        assert proposal("log-class", healthy(log_group=logged(incoming_bytes=2 * 1024**3))) is None

    def test_a_group_with_metric_filters_is_kept(self):
        filtered = logged(incoming_bytes=100 * 1024**3, metric_filters=1)
        assert proposal("log-class", healthy(log_group=filtered)) is None

    def test_a_group_with_subscription_filters_is_kept_and_unknown_ones_lower_confidence(self):
        def proposed(filters):
            loud = logged(incoming_bytes=100 * 1024**3, subscription_filters=filters)
            return proposal("log-class", healthy(log_group=loud))

        assert proposed(1) is None
        assert proposed(0).confidence is Level.MEDIUM
        assert proposed(None).confidence is Level.LOW
        assert proposed(None).evidence["Subscription filters"] == "not known"

    def test_the_limits_of_the_cheaper_class_are_named(self):
        proposed = proposal("log-class", healthy(log_group=logged(incoming_bytes=100 * 1024**3)))
        for unsupported in ("FilterLogEvents", "GetLogEvents", "metric filters", "subscription filters", "Live Tail"):
            assert unsupported in proposed.risk_reason
        assert "the class of a group cannot be changed" in proposed.change.summary
        assert "create-log-group" in proposed.change.cli.splitlines()[0]

    def test_a_group_of_the_cheaper_class_is_kept(self):
        cheap = logged(incoming_bytes=100 * 1024**3, log_class=LogClass.INFREQUENT_ACCESS)
        assert proposal("log-class", healthy(log_group=cheap)) is None

    def test_the_log_format_is_kept(self):
        loud = healthy(log_group=logged(incoming_bytes=100 * 1024**3), logs_as_json=True)
        assert "LogFormat=JSON,LogGroup=/aws/lambda/healthy-ia" in finding(loud, "log-class").proposal.change.cli


class TestLogRetention:
    def test_events_older_than_thirty_days_are_saved(self):
        # 365 hours with 73 GB: 4.8 GB a day, so 144 GB in 30 days. (1,144 - 144) x 0.15 x 0.03 = 4.50
        hoarding = logged(retention_days=None, stored_bytes=1_144 * 1024**3, incoming_bytes=73 * 1024**3)
        assert savings(healthy(log_group=hoarding))["log-retention"] == Decimal("4.50")

    @pytest.mark.parametrize("log_class", [LogClass.DELIVERY, LogClass.OTHER])
    def test_groups_of_the_delivery_class_or_an_unknown_class_are_not_judged(self, log_class):
        group = logged(retention_days=None, stored_bytes=1_144 * 1024**3, log_class=log_class)
        assert savings(healthy(log_group=group)) == {}

    def test_a_small_group_without_retention_saves_nothing(self):
        found = finding(healthy(log_group=logged(retention_days=None, stored_bytes=1_000)), "log-retention")
        assert found.category is Category.ADVICE

    def test_without_a_known_ingestion_nothing_is_saved(self):
        unknown = logged(retention_days=None, stored_bytes=1_000 * 1024**3, incoming_bytes=None)
        assert finding(healthy(log_group=unknown), "log-retention").saving == 0


class TestAdvice:
    def test_more_memory_is_proposed_near_the_limit(self):
        found = finding(healthy(memory=MemorySample(reports=1, peak_mb=950)), "memory-pressure")
        assert found.proposal.change.summary == "Memory 1,024 → 1,280 MB"
        assert found.category is Category.ADVICE

    def test_the_largest_size_is_kept(self):
        full = healthy(memory_mb=10_240, memory=MemorySample(reports=1, peak_mb=10_240))
        assert proposal("memory-pressure", full) is None

    @pytest.mark.parametrize(
        ("timeout_seconds", "p99_ms", "longest_ms", "target"),
        [
            (900, 4_000.0, 5_000.0, 15),  # 3 x 4 s
            (900, 5.0, 6.0, 10),  # the minimum
            (900, 4_000.0, 40_000.0, 60),  # 1.5 x 40 s
            (900, 4_000.0, 41_000.0, 90),  # 61.5 s, rounded up to 30 s
            (300, 4_000.0, 100_000.0, 150),  # half of the current timeout
        ],
    )
    def test_a_lower_timeout_leaves_headroom_for_the_longest_run(self, timeout_seconds, p99_ms, longest_ms, target):
        long = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms, longest_ms=longest_ms))
        found = finding(long, "timeout")
        assert found.proposal.change.summary == f"Timeout {timeout_seconds} → {target} s"
        assert (found.proposal.confidence, found.proposal.risk) == (Level.HIGH, Level.LOW)

    @pytest.mark.parametrize(
        ("timeout_seconds", "p99_ms", "longest_ms"),
        [
            (59, 1.0, 1.0),  # short
            (300, 30_000.0, 31_000.0),  # near
            (900, None, 5_000.0),  # not measured
            (900, 4_000.0, None),
            (300, 4_000.0, 100_001.0),  # a run may take 150 s and more
            (900, 4_000.0, 899_000.0),
        ],
    )
    def test_a_timeout_that_is_short_or_needed_or_not_measured_is_kept(self, timeout_seconds, p99_ms, longest_ms):
        profile = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms, longest_ms=longest_ms))
        assert proposal("timeout", profile) is None

    def test_few_runs_lower_the_confidence_in_a_timeout(self):
        proposed = proposal("timeout", healthy(timeout_seconds=900, usage=used(invocations=999)))
        assert (proposed.confidence, proposed.risk) == (Level.LOW, Level.MEDIUM)

    def test_more_time_is_proposed_near_the_timeout(self):
        found = finding(healthy(usage=used(p99_ms=27_000.0)), "timeout-pressure")
        assert found.proposal.title == "Runs of 27.0 s at p99 for a timeout of 30 s"
        assert found.proposal.change.cli.endswith("--timeout 45")
        assert found.category is Category.ADVICE

    @pytest.mark.parametrize(("timeout_seconds", "p99_ms"), [(30, 26_999.0), (30, None), (900, 899_000.0)])
    def test_a_timeout_with_headroom_or_at_the_maximum_is_kept(self, timeout_seconds, p99_ms):
        profile = healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms))
        assert proposal("timeout-pressure", profile) is None

    def test_a_higher_limit_is_proposed_where_the_own_limit_throttles(self):
        throttled = healthy(reserved_concurrency=5, usage=used(throttles=7, peak_concurrency=5))
        found = finding(throttled, "throttling")
        assert found.proposal.change.summary == "Reserved concurrency 5 → 8"
        assert found.proposal.evidence["Throttles"] == "7 in addition to 1,000,000 runs"
        assert found.category is Category.ADVICE

    @pytest.mark.parametrize(
        ("reserved", "throttles", "peak"), [(5, 0, 5), (5, 7, 4), (5, 7, None), (None, 7, 5), (0, 7, 0)]
    )
    def test_throttling_for_another_reason_proposes_nothing(self, reserved, throttles, peak):
        profile = healthy(reserved_concurrency=reserved, usage=used(throttles=throttles, peak_concurrency=peak))
        assert proposal("throttling", profile) is None

    def test_a_deprecated_runtime_is_named_with_its_dates(self):
        found = finding(healthy(runtime="python3.8"), "deprecated-runtime")
        assert found.proposal.title == "Runtime python3.8 has been deprecated since 2024-10-14"
        assert found.proposal.evidence["Updates blocked from"] == "2027-03-03"

    def test_a_runtime_that_is_deprecated_within_half_a_year_is_named(self):
        assert END.date().isoformat() == "2026-11-23"
        found = finding(healthy(runtime="nodejs22.x"), "deprecated-runtime")
        assert found.proposal.title == "Runtime nodejs22.x will be deprecated on 2027-04-30"

    @pytest.mark.parametrize("runtime", ["python3.11", "nodejs24.x", "a-runtime-of-the-future", None])
    def test_a_runtime_with_longer_support_is_not_named(self, runtime):
        assert proposal("deprecated-runtime", healthy(runtime=runtime)) is None


class TestBlockedUpdates:
    """Python 2.7: since 2022-05-30 AWS refuses updates of its functions, except to another runtime."""

    BLOCKED = healthy(
        runtime="python2.7",
        memory_mb=3_008,
        ephemeral_storage_mb=10_240,
        timeout_seconds=900,
        log_group=logged(incoming_bytes=100 * 1024**3, retention_days=None),
    )

    def test_nothing_is_proposed_that_aws_would_refuse(self):
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

    def test_more_memory_is_not_proposed(self):
        tight = healthy(memory=MemorySample(reports=200, peak_mb=1_000))
        assert set(savings(tight)) == {"memory-pressure"}
        assert savings(replace(tight, managed_instances=True)) == {}

    def test_logs_and_runtime_are_judged(self):
        old = healthy(managed_instances=True, runtime="python3.8", log_group=logged(retention_days=None))
        assert set(savings(old)) == {"log-retention", "deprecated-runtime"}

    def test_their_cost_is_a_gap(self):
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


WASTEFUL = {
    "memory-excess": healthy(memory=MemorySample(reports=200, peak_mb=100)),
    "memory-pressure": healthy(memory=MemorySample(reports=200, peak_mb=1_000)),
    "architecture": healthy(architecture=Architecture.X86_64),
    "ephemeral-storage": healthy(ephemeral_storage_mb=10_240),
    "log-class": healthy(log_group=logged(incoming_bytes=100 * 1024**3)),
    "timeout": healthy(timeout_seconds=900),
    "timeout-pressure": healthy(usage=used(p99_ms=29_000.0)),
    "deprecated-runtime": healthy(runtime="python3.8"),
}


class TestVersions:
    """A change of a function changes `$LATEST`, which aliases do not serve."""

    def test_every_rule_that_updates_functions_is_tested(self):
        updating = {
            rule
            for rule, profile in WASTEFUL.items()
            if "aws lambda update-function-" in proposal(rule, profile).change.cli
        }
        assert updating == set(WASTEFUL)
        assert {rule.name for rule in RULES if rule.updates_function} == set(WASTEFUL) - {"deprecated-runtime"}

    @pytest.mark.parametrize("rule", WASTEFUL)
    def test_without_versions_only_the_function_is_changed(self, rule):
        assert "publish-version" not in proposal(rule, WASTEFUL[rule]).change.cli
        assert "publish" not in proposal(rule, WASTEFUL[rule]).change.pulumi

    @pytest.mark.parametrize("rule", WASTEFUL)
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


def test_rule_names_are_unique():
    assert len({rule.name for rule in RULES}) == len(RULES)
