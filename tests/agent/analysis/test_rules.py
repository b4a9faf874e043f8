"""Each rule: when it speaks, when it does not, and what it saves to the cent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from agent.analysis.finding import Level, Standing
from agent.analysis.profile import (
    Architecture,
    LogClass,
    MemorySample,
    PackageType,
    ProvisionedConcurrency,
)
from agent.analysis.rules import RULES
from tests.agent.analysis.profiles import (
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
        assert finding(healthy(usage=UNUSED, log_group=None), "idle").standing is Standing.ADVICE

    def test_a_function_that_ran_once_is_not_idle(self):
        assert proposal("idle", healthy(usage=used(invocations=1))) is None

    def test_a_function_first_seen_within_the_window_is_too_young_to_judge(self):
        young = healthy(usage=UNUSED, known_since=HALF_A_MONTH.start + timedelta(seconds=1))
        assert proposal("idle", young) is None

    def test_its_log_group_goes_with_it(self):
        commands = finding(healthy(usage=UNUSED), "idle").proposal.change.cli.splitlines()
        assert commands == [
            "aws lambda delete-function --region us-east-1 --function-name healthy",
            "aws logs delete-log-group --region us-east-1 --log-group-name /aws/lambda/healthy",
        ]


class TestProvisionedConcurrency:
    def test_what_is_never_used_is_removed(self):
        unused = healthy(provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),))
        # 10 x 2,628,000 GB-s x 0.0000033334 = 87.60175...
        assert savings(unused) == {"provisioned-concurrency": Decimal("87.60")}
        assert "delete-provisioned-concurrency-config" in finding(unused, "provisioned-concurrency").proposal.change.cli

    def test_what_the_peak_does_not_need_is_given_back_but_for_a_tenth(self):
        # A peak of 4 of 20, a tenth more is 4.4, so 5 stay: 15 x 2,628,000 x 0.0000033334 = 131.40262...
        large = ProvisionedConcurrency(qualifier="live", units=20, peak_utilization=0.2, invocations=900_000)
        assert savings(healthy(provisioned=(large,))) == {"provisioned-concurrency": Decimal("131.40")}

    def test_what_is_used_is_left_alone(self):
        busy = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.95, invocations=900_000)
        assert proposal("provisioned-concurrency", healthy(provisioned=(busy,))) is None

    def test_without_a_measured_use_it_says_nothing(self):
        unmeasured = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=None)
        assert proposal("provisioned-concurrency", healthy(provisioned=(unmeasured,))) is None

    def test_calls_that_contradict_a_use_of_zero_keep_it(self):
        contradictory = ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0, invocations=5)
        assert proposal("provisioned-concurrency", healthy(provisioned=(contradictory,))) is None


class TestErrors:
    def test_failed_runs_cost_their_share_of_requests_and_duration(self):
        failing = healthy(usage=used(errors=250_000))
        # A quarter: 500,000 requests x 0.0000002 = 0.10; 500,000 GB-s x 0.0000133334 = 6.6667
        assert savings(failing) == {"errors": Decimal("6.76")}

    def test_one_run_in_twenty_may_fail(self):
        assert proposal("errors", healthy(usage=used(errors=50_000))) is None

    def test_a_handful_of_failures_is_no_rate(self):
        assert proposal("errors", healthy(usage=used(invocations=49, errors=49))) is None

    def test_more_errors_than_runs_count_as_all_runs(self):
        found = finding(healthy(usage=used(errors=2_000_000)), "errors")
        assert found.proposal.evidence["Error rate"] == "100.0%"


class TestMemoryExcess:
    def test_the_saving_counts_with_a_longer_duration(self):
        # 3,008 MB with 400 MB used. 400 x 1.25 = 500 would do, but a run that only computes may take twice as long at
        # most: 1,769 / 2 = 884.5, so 896 MB. Half of a run computes: 0.5 + 0.5 x 1,769 / 896 = 1.487165... as long.
        # Before: 2,000,000 s x 3,008 / 1,024 = 5,875,000 GB-s. After: 2,000,000 x 1.487165 x 896 / 1,024 =
        # 2,602,539.06 GB-s. (5,875,000 - 2,602,539.06) x 0.0000133334 = 43.63303...
        large = healthy(memory_mb=3_008, memory=MemorySample(reports=200, peak_mb=400))
        assert savings(large) == {"memory-excess": Decimal("43.63")}
        assert finding(large, "memory-excess").proposal.change.pulumi == "aws.lambda_.Function.memory_size = 896"

    def test_between_two_sizes_with_a_full_processor_nothing_slows_down(self):
        # 4,096 to 2,048 MB, both above 1,769: 2,000,000 s x 2 GB less = 4,000,000 GB-s x 0.0000133334
        large = healthy(memory_mb=4_096, memory=MemorySample(reports=200, peak_mb=1_638))
        assert savings(large) == {"memory-excess": Decimal("53.33")}
        assert finding(large, "memory-excess").proposal.risk is Level.LOW

    def test_the_highest_use_keeps_a_quarter_of_headroom(self):
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

    def test_a_step_within_the_models_error_is_not_worth_it(self):
        assert proposal("memory-excess", healthy(memory=MemorySample(reports=200, peak_mb=700))) is None

    def test_a_small_sample_decides_nothing(self):
        assert proposal("memory-excess", healthy(memory=MemorySample(reports=19, peak_mb=10))) is None

    def test_nothing_goes_below_the_smallest_size(self):
        assert proposal("memory-excess", healthy(memory_mb=128, memory=MemorySample(reports=20, peak_mb=1))) is None


class TestArchitecture:
    def test_duration_costs_a_fifth_less(self):
        # 2,000,000 GB-s x (0.0000166667 - 0.0000133334) = 6.6666
        assert savings(healthy(architecture=Architecture.X86_64)) == {"architecture": Decimal("6.66")}

    def test_provisioned_concurrency_moves_along(self):
        provisioned = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0, invocations=1_000_000)
        moved = healthy(architecture=Architecture.X86_64, provisioned=(provisioned,))
        # Standing by: 2,628,000 x (0.0000041667 - 0.0000033334) = 2.18991...
        # Runs: 2,000,000 x (0.0000097222 - 0.0000077778) = 3.8888
        assert savings(moved) == {"architecture": Decimal("6.07")}

    @pytest.mark.parametrize("runtime", ["go1.x", "nodejs10.x", "python3.7", "provided", "dotnetcore2.1"])
    def test_runtimes_from_before_graviton_stay(self, runtime):
        assert proposal("architecture", healthy(architecture=Architecture.X86_64, runtime=runtime)) is None

    def test_compiled_code_layers_and_images_are_less_sure(self):
        x86 = healthy(architecture=Architecture.X86_64)
        compiled = replace(x86, runtime="provided.al2023")
        layered = replace(x86, layers=("arn:aws:lambda:us-east-1:123456789012:layer:codec:1",))
        image = replace(x86, runtime=None, package_type=PackageType.IMAGE)
        assert finding(x86, "architecture").proposal.confidence is Level.MEDIUM
        for profile in (compiled, layered, image):
            assert finding(profile, "architecture").proposal.confidence is Level.LOW

    def test_an_image_is_changed_by_an_image(self):
        image = healthy(architecture=Architecture.X86_64, runtime=None, package_type=PackageType.IMAGE)
        assert "--image-uri" in finding(image, "architecture").proposal.change.cli


class TestEphemeralStorage:
    def test_the_free_size_saves_all_of_it(self):
        # 2,000,000 s x 9.5 GB x 0.0000000309 = 0.5871
        found = finding(healthy(ephemeral_storage_mb=10_240), "ephemeral-storage")
        assert found.saving == Decimal("0.58")
        assert found.standing is Standing.MINOR
        assert found.proposal.confidence is Level.LOW


class TestLogClass:
    def test_half_the_price_of_ingestion_is_saved(self):
        # 200 GB x (0.50 - 0.25)
        assert savings(healthy(log_group=logged(incoming_bytes=100 * 1024**3))) == {"log-class": Decimal("50.00")}

    def test_little_ingestion_stays_where_it_is(self):
        assert proposal("log-class", healthy(log_group=logged(incoming_bytes=2 * 1024**3))) is None

    def test_metric_filters_need_the_standard_class(self):
        filtered = logged(incoming_bytes=100 * 1024**3, metric_filters=1)
        assert proposal("log-class", healthy(log_group=filtered)) is None

    def test_a_group_of_the_cheaper_class_is_left_alone(self):
        cheap = logged(incoming_bytes=100 * 1024**3, log_class=LogClass.INFREQUENT_ACCESS)
        assert proposal("log-class", healthy(log_group=cheap)) is None

    def test_the_log_format_stays_as_it_is(self):
        loud = healthy(log_group=logged(incoming_bytes=100 * 1024**3), logs_as_json=True)
        assert "LogFormat=JSON,LogGroup=/aws/lambda/healthy-ia" in finding(loud, "log-class").proposal.change.cli


class TestLogRetention:
    def test_what_is_older_than_thirty_days_is_saved(self):
        # 365 hours with 73 GB: 4.8 GB a day, so 144 GB in 30 days. (1,144 - 144) x 0.15 x 0.03 = 4.50
        hoarding = logged(retention_days=None, stored_bytes=1_144 * 1024**3, incoming_bytes=73 * 1024**3)
        assert savings(healthy(log_group=hoarding))["log-retention"] == Decimal("4.50")

    def test_a_young_group_without_retention_is_advice(self):
        found = finding(healthy(log_group=logged(retention_days=None, stored_bytes=1_000)), "log-retention")
        assert found.standing is Standing.ADVICE

    def test_what_is_written_but_not_known_saves_nothing(self):
        unknown = logged(retention_days=None, stored_bytes=1_000 * 1024**3, incoming_bytes=None)
        assert finding(healthy(log_group=unknown), "log-retention").saving == 0


class TestAdvice:
    def test_memory_that_is_nearly_used_up_wants_more(self):
        found = finding(healthy(memory=MemorySample(reports=1, peak_mb=950)), "memory-pressure")
        assert found.proposal.change.summary == "Memory 1,024 → 1,280 MB"
        assert found.standing is Standing.ADVICE

    def test_the_largest_size_cannot_grow(self):
        full = healthy(memory_mb=10_240, memory=MemorySample(reports=1, peak_mb=10_240))
        assert proposal("memory-pressure", full) is None

    def test_a_timeout_far_above_p99_is_three_times_p99_instead(self):
        found = finding(healthy(timeout_seconds=900), "timeout")
        assert found.proposal.change.summary == "Timeout 900 → 12 s"

    def test_a_timeout_is_never_proposed_below_ten_seconds(self):
        found = finding(healthy(timeout_seconds=900, usage=used(p99_ms=5.0)), "timeout")
        assert found.proposal.change.summary == "Timeout 900 → 10 s"

    @pytest.mark.parametrize(("timeout_seconds", "p99_ms"), [(59, 1.0), (300, 30_000.0), (900, None)])
    def test_a_timeout_that_is_short_near_or_not_measured_stays(self, timeout_seconds, p99_ms):
        assert proposal("timeout", healthy(timeout_seconds=timeout_seconds, usage=used(p99_ms=p99_ms))) is None

    def test_a_deprecated_runtime_is_named_with_its_dates(self):
        found = finding(healthy(runtime="python3.8"), "deprecated-runtime")
        assert found.proposal.title == "Runtime python3.8 is deprecated since 2024-10-14"
        assert found.proposal.evidence["Updates blocked from"] == "2027-03-03"

    def test_a_runtime_with_half_a_year_left_is_named_too(self):
        assert END.date().isoformat() == "2026-11-23"
        found = finding(healthy(runtime="nodejs22.x"), "deprecated-runtime")
        assert found.proposal.title == "Runtime nodejs22.x will be deprecated on 2027-04-30"

    @pytest.mark.parametrize("runtime", ["python3.11", "nodejs24.x", "a-runtime-of-the-future", None])
    def test_a_runtime_with_more_time_left_is_not(self, runtime):
        assert proposal("deprecated-runtime", healthy(runtime=runtime)) is None


def test_every_rule_has_a_name_of_its_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
