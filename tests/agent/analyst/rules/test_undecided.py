"""Rules say when they cannot judge a function."""

import dataclasses

import pytest

from agent.analyst.analysis.finding import Proposal, Undecided
from agent.analyst.analysis.profile import FunctionProfile, LogClass, LogGroup, Usage
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import END, answer, assess, healthy, logged, used
from tests.agent.analyst.rules.wasteful import SILENT, WASTEFUL

NO_USAGE = "its usage could not be read"
NO_MEMORY = "its memory use was not sampled or could not be read"
NO_GROUP = "it has no log group yet, or the group could not be read"
# None of these attributes means "could not be read". Whether loops are stopped is read for few functions.
ALWAYS_READ = {
    "may_recurse",
    "optimizer",
    "reserved_concurrency",
    "retention_days",
    "runtime",
    "silent_days",
}


def without_each_fact(profile):
    """Yield the profile without each of the facts that may be missing, one at a time."""
    for part, owner in ((None, FunctionProfile), ("usage", Usage), ("log_group", LogGroup)):
        whole = profile if part is None else getattr(profile, part)
        for field in dataclasses.fields(owner):
            if field.name in ALWAYS_READ or "None" not in str(field.type) or getattr(whole, field.name) is None:
                continue
            hidden = dataclasses.replace(whole, **{field.name: None})
            yield field.name, hidden if part is None else dataclasses.replace(profile, **{part: hidden})


def test_every_rule_has_a_function_with_a_proposal():
    assert set(WASTEFUL) == {rule.name for rule in RULES}


@pytest.mark.parametrize(("rule", "profile"), WASTEFUL.items())
def test_a_hidden_fact_never_means_that_there_is_nothing_to_find(rule, profile):
    assert isinstance(answer(rule, profile), Proposal)
    hidden = dict(without_each_fact(profile))
    assert {"usage", "memory", "provisioned", "log_group", "p99_ms", "incoming_bytes"} - set(hidden) <= {"p99_ms"}
    for fact, blind in hidden.items():
        assert answer(rule, blind) is not None, fact


ON_X86 = WASTEFUL["architecture"]


@pytest.mark.parametrize(
    ("rule", "profile", "reason", "missing"),
    [
        ("idle", healthy(usage=None), NO_USAGE, "usage"),
        ("errors", healthy(usage=None), NO_USAGE, "usage"),
        (
            "provisioned-concurrency",
            healthy(provisioned=None),
            "its provisioned concurrency could not be read",
            "provisioned",
        ),
        ("memory-excess", healthy(usage=None), NO_USAGE, "usage"),
        ("memory-excess", healthy(memory=None), NO_MEMORY, "memory"),
        ("memory-pressure", healthy(memory=None), NO_MEMORY, "memory"),
        (
            "memory-excess",
            healthy(usage=SILENT, memory=None, known_since=END),
            "it did not run, so its memory use is not known",
            "memory",
        ),
        ("architecture", dataclasses.replace(ON_X86, usage=None), NO_USAGE, "usage"),
        ("ephemeral-storage", healthy(ephemeral_storage_mb=1_024, usage=None), NO_USAGE, "usage"),
        ("log-class", healthy(log_group=None), NO_GROUP, "log_group"),
        (
            "log-retention",
            healthy(log_group=None, log_group_name="shared"),
            "it writes to a log group of another name, which others may write to",
            "log_group",
        ),
        (
            "log-class",
            healthy(log_group=logged(incoming_bytes=None)),
            "the amount of its logs could not be read",
            "log_group.incoming_bytes",
        ),
        (
            "log-retention",
            healthy(log_group=logged(log_class=LogClass.OTHER, retention_days=None)),
            "the price of its log class is not known",
            "log_group.log_class",
        ),
        ("timeout-pressure", healthy(usage=used(p99_ms=None)), "CloudWatch has no p99 of its duration", "usage.p99_ms"),
        (
            "throttling",
            healthy(reserved_concurrency=5, usage=used(throttles=7, peak_concurrency=None)),
            "CloudWatch has no number of its instances",
            "usage.peak_concurrency",
        ),
        (
            "timeout",
            healthy(timeout_seconds=900, usage=used(p99_ms=None)),
            "CloudWatch has no p99 of its duration",
            "usage.p99_ms",
        ),
        (
            "timeout",
            healthy(timeout_seconds=900, usage=used(longest_ms=None)),
            "CloudWatch has no duration of its longest run",
            "usage.longest_ms",
        ),
        (
            "deprecated-runtime",
            healthy(runtime="a-runtime-of-the-future"),
            "the end of its runtime's support is not known",
            "runtime",
        ),
    ],
)
def test_the_answer_names_the_reason_and_the_missing_fact(rule, profile, reason, missing):
    assert answer(rule, profile) == Undecided(reason=reason, missing=missing)
    assert assess(profile).undecided[rule] == Undecided(reason=reason, missing=missing)


@pytest.mark.parametrize(
    ("rule", "profile"),
    [
        ("architecture", healthy(usage=None)),  # on arm64
        ("ephemeral-storage", healthy(usage=None)),  # 512 MB
        ("memory-excess", healthy(memory_mb=128, usage=None, memory=None)),
        ("memory-pressure", healthy(memory_mb=10_240, memory=None)),
        ("timeout", healthy(timeout_seconds=59, usage=None)),
        ("timeout-pressure", healthy(timeout_seconds=900, usage=None)),
        ("throttling", healthy(usage=used(throttles=7))),  # without a limit of its own
        ("log-class", healthy(log_group=logged(metric_filters=1, incoming_bytes=None))),
    ],
)
def test_a_rule_decides_where_the_missing_fact_does_not_matter(rule, profile):
    assert answer(rule, profile) is None


def test_a_rule_that_is_not_applied_is_not_undecided():
    managed = assess(healthy(managed_instances=True, usage=None, provisioned=None))
    assert "provisioned-concurrency" not in managed.undecided
    deleted = assess(healthy(usage=SILENT, provisioned=None))
    assert [finding.rule for finding in deleted.findings] == ["idle"]
    assert deleted.undecided == {}
