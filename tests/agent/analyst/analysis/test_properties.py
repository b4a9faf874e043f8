"""Properties of all well-formed profiles."""

import itertools
import re
import shlex
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyst.analysis import cost, estate, runtimes
from agent.analyst.analysis.combine import saved_by
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.facts.account import RegionFacts
from agent.analyst.analysis.facts.configuration import AsyncConfig, DurableConfig, EventSource, FunctionUrl, Version
from agent.analyst.analysis.facts.second_opinion import SecondOpinion, Verdict
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Category, Proposal, Undecided
from agent.analyst.analysis.profile import (
    Architecture,
    FunctionProfile,
    LogClass,
    LogGroup,
    MemorySample,
    PackageType,
    ProvisionedConcurrency,
    Usage,
    Window,
)
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import RATES

pytestmark = pytest.mark.slow

WINDOW = Window(start=datetime(2026, 11, 9, tzinfo=UTC), end=datetime(2026, 11, 23, tzinfo=UTC))

counts = st.integers(min_value=0, max_value=10**11)
milliseconds = st.floats(min_value=0, max_value=900_000, allow_nan=False)
maybe_milliseconds = st.none() | milliseconds
moments = st.datetimes(datetime(2015, 1, 1), datetime(2026, 11, 23), timezones=st.just(UTC))  # noqa: DTZ001


# Strategies that do not depend on what was drawn are made once: making and checking them takes longer than drawing.
silent_days = st.none() | st.integers(0, 455)
peaks = st.none() | st.integers(0, 10_000)
async_events = st.none() | counts


@st.composite
def usages(draw):
    invocations = draw(counts)
    if not invocations:
        return Usage(invocations=0, throttles=draw(counts), silent_days=draw(silent_days))
    return Usage(
        invocations=invocations,
        errors=draw(st.integers(0, invocations)),
        throttles=draw(counts),
        duration_ms=invocations * draw(milliseconds),
        p95_ms=draw(maybe_milliseconds),
        p99_ms=draw(maybe_milliseconds),
        longest_ms=draw(maybe_milliseconds),
        peak_concurrency=draw(peaks),
        first_day=WINDOW.start + timedelta(days=draw(st.integers(0, 13))),
        extensions_ms=None if (each := draw(maybe_milliseconds)) is None else each * invocations,
        async_events=draw(async_events),
    )


provisioned = st.builds(
    ProvisionedConcurrency,
    qualifier=st.sampled_from(["live", "7"]),
    units=st.integers(1, 5_000),
    peak_utilization=st.none() | st.floats(0, 1),
    invocations=counts,
    memory_mb=st.none() | st.integers(128, 10_240),
    architecture=st.none() | st.sampled_from(Architecture),
)
log_groups = st.builds(
    LogGroup,
    name=st.just("/aws/lambda/f"),
    retention_days=st.none() | st.sampled_from([1, 30, 3_653]),
    stored_bytes=st.integers(0, 10**16),
    log_class=st.sampled_from(LogClass),
    metric_filters=st.integers(0, 3),
    subscription_filters=st.none() | st.integers(0, 2),
    incoming_bytes=st.none() | st.integers(0, 10**16),
)


samples = st.integers(1, 200).flatmap(
    lambda reports: st.builds(
        InitUse,
        reports=st.just(reports),
        cold_starts=st.integers(0, reports // 2),
        init_ms=st.floats(0, 10_000),
        restores=st.integers(0, reports // 2),
        restore_ms=st.floats(0, 10_000),
    )
)
versions = st.lists(
    st.builds(
        Version,
        number=st.integers(1, 99).map(str),
        published=moments,
        memory_mb=st.integers(128, 10_240),
        code_bytes=st.integers(0, 10**9),
        snap_start=st.booleans(),
        runtime=st.sampled_from(["java25", "python3.14", None]),
    ),
    max_size=6,
).map(tuple)
sources = st.lists(
    st.builds(
        EventSource,
        service=st.sampled_from(["sqs", "kinesis", "kafka"]),
        arn=st.none() | st.just("arn:aws:sqs:us-east-1:123456789012:q"),
        enabled=st.booleans(),
        qualifier=st.none() | st.just("7"),
        minimum_pollers=st.none() | st.integers(1, 200),
    ),
    max_size=2,
).map(tuple)
opinions = st.builds(
    SecondOpinion,
    verdict=st.sampled_from(Verdict),
    reasons=st.sampled_from([(), ("MemoryOverprovisioned",), ("MemoryUnderprovisioned",)]),
    memory_mb=st.none() | st.integers(128, 10_240),
    monthly_saving=st.none() | st.just(Decimal("1.25")),
    lookback_days=st.none() | st.just(14.0),
)


limits = st.builds(
    RegionFacts,
    region=st.just("us-east-1"),
    concurrency_limit=st.none() | st.integers(10, 10_000),
    unreserved_concurrency=st.none() | st.integers(0, 10_000),
    unreserved_peak=st.none() | st.integers(0, 10_000),
    code_bytes=st.none() | st.integers(0, 80_530_636_800),
    code_limit_bytes=st.none() | st.just(80_530_636_800),
)
shared_logs = st.lists(
    st.builds(SharedLogGroup, region=st.just("us-east-1"), group=log_groups, functions=st.just(("a", "b"))), max_size=2
).map(tuple)


known_runtimes = st.sampled_from([*runtimes.LIFECYCLES, *runtimes.CURRENT, "from-the-future"])
independent_fields = st.fixed_dictionaries(
    {
        "architecture": st.sampled_from(Architecture),
        "memory_mb": st.integers(128, 10_240),
        "timeout_seconds": st.integers(1, 900),
        "ephemeral_storage_mb": st.integers(512, 10_240),
        "logs_as_json": st.booleans(),
        "has_versions": st.none() | st.booleans(),
        "managed_instances": st.booleans(),
        "reserved_concurrency": st.none() | st.integers(0, 10_000),
        "layers": st.lists(st.just("arn:layer"), max_size=2).map(tuple),
        "usage": st.none() | usages(),
        "memory": st.none() | st.builds(MemorySample, reports=st.integers(1, 200), peak_mb=st.integers(1, 10_240)),
        "provisioned": st.none() | st.lists(provisioned, max_size=2).map(tuple),
        "log_group": st.none() | log_groups,
        "snap_start": st.booleans(),
        "init": st.none() | samples,
        "versions": st.none() | versions,
        "event_sources": st.none() | sources,
        "durable": st.none() | st.just(DurableConfig(execution_timeout_seconds=86_400, retention_days=14)),
        "durable_executions": st.none() | st.integers(0, 2),
        "function_urls": st.none() | st.just((FunctionUrl(qualifier=None, public=True),)),
        "async_config": st.none() | st.builds(AsyncConfig, retries=st.integers(0, 2), keeps_failures=st.booleans()),
        "may_recurse": st.none() | st.booleans(),
        "optimizer": st.none() | opinions,
        "surroundings": st.none() | limits,
    }
)


@st.composite
def profiles(draw, name="f"):
    package_type = draw(st.sampled_from(PackageType))
    modified = draw(moments)
    return FunctionProfile(
        arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        name=name,
        region="us-east-1",
        runtime=None if package_type is PackageType.IMAGE else draw(known_runtimes),
        package_type=package_type,
        last_modified=modified,
        known_since=min(modified, draw(moments)),
        window=WINDOW,
        log_group_name="/aws/lambda/f",
        **draw(independent_fields),
    )


@given(profiles())
@settings(max_examples=300, deadline=None)
def test_every_rule_answers_for_every_profile(profile):
    for rule in RULES:
        match rule.propose(profile):
            case Proposal(title=title, evidence=evidence, change=change):
                assert title
                assert evidence
                assert change.cli
            case Undecided(reason=reason, missing=missing):
                assert reason
                assert missing
            case answer:
                assert answer is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=4, unique=True).flatmap(
    lambda numbers: st.tuples(*(profiles(name=f"f{number}") for number in numbers))
), shared_logs)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_saving_is_negative_or_exceeds_its_cost(functions, shared):
    facts = Facts(
        account="123456789012", window=WINDOW, regions=("us-east-1",), profiles=functions, gaps=(), shared_logs=shared
    )
    assessment = estate.assess(facts)
    for function in assessment.functions:
        assert all(finding.saving >= 0 for finding in function.findings)
        assert all(
            low <= one.saving <= high for one in function.findings for low, high in [one.bounds or [one.saving] * 2]
        )
        assert function.saving + saved_by(function.findings, Category.MINOR) <= function.cost
    assert 0 <= assessment.saving + saved_by(assessment.findings, Category.MINOR) <= assessment.cost
    assert sum((function.saving for function in assessment.functions), Decimal(0)) == assessment.saving
    assert sum(assessment.saving_by_rule.values(), Decimal(0)) == assessment.saving


@given(profiles())
@settings(max_examples=100, deadline=None)
def test_costs_add_up_from_meters_that_are_never_negative(profile):
    volumes = cost.volumes(profile)
    assert all(volume > 0 for volume in volumes.values())
    assert cost.priced(volumes, RATES) >= 0


@given(profiles())
@settings(max_examples=300, deadline=None)
def test_every_command_names_only_the_function_and_its_own_log_group(profile):
    own = {f"/aws/lambda/{profile.name}{suffix}" for suffix in ("", "-ia", "-delivery")}
    [function] = estate.assess(
        Facts(account="123456789012", window=WINDOW, regions=("us-east-1",), profiles=(profile,), gaps=())
    ).functions
    for finding in function.findings:
        for line in finding.proposal.change.cli.splitlines():
            if line.startswith("for uuid in "):
                # A loop goes over the event sources of the function, or over a file that names them.
                line = re.fullmatch(r"for uuid in \$\((.*)\); do aws .* --uuid \"\$uuid\".*; done", line)[1]
                if line == f"cat {profile.name}.polled.txt":
                    continue
            words = shlex.split(line.lstrip("# "))
            if "aws" not in words[:1]:
                continue
            options = dict(itertools.pairwise(words))
            assert options.get("--function-name", profile.name) == profile.name
            assert options.get("--log-group-name", f"/aws/lambda/{profile.name}") in own
            assert {"--function-name", "--log-group-name"} & options.keys()
