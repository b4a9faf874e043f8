"""The figures in the README's section Costs follow from the numbers beside them."""

from __future__ import annotations

import re

import pytest

from tests.components.recorded import PROJECT, Recording

(SECTION,) = re.findall(r"^## Costs\n(.*?)^## ", (PROJECT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def numbers(pattern: str) -> list[float]:
    """Return the numbers of a place in the section, which has one for each group of the pattern."""
    (found,) = re.findall(pattern, " ".join(SECTION.split()))
    return [float(number.replace(",", "")) for number in found]


def test_the_price_at_rest_counts_the_stack_s_alarms(deployed: Recording) -> None:
    alarms, each, dashboard, month = numbers(r"(\d+) alarms at \$([\d.]+), one dashboard at \$(\d+) \| ([\d.]+) \|")

    assert alarms == len(deployed.of("MetricAlarm"))
    assert month == pytest.approx(alarms * each + dashboard)


def test_the_price_of_metrics_is_that_of_all_of_them() -> None:
    count, each, month = numbers(r"about (\d+) at \$([\d.]+) \| up to ([\d.]+) \|")

    assert month == pytest.approx(count * each)


def test_the_price_of_a_run_is_that_of_its_parts() -> None:
    seconds, busy, memory, of_cpu, of_memory, price = numbers(
        r"AgentCore, (\d+) s of which (\d+) s computing on one vCPU, ([\d.]+) GB at its peak "
        r"\| \$([\d.]+) per vCPU-hour, \$([\d.]+) per GB-hour \| ([\d.]+)"
    )
    assert price == pytest.approx((busy * of_cpu + seconds * memory * of_memory) / 3_600, abs=0.00005)

    transitions, of_thousand, price = numbers(r"(\d+) transitions \| \$([\d.]+) per 1,000 \| ([\d.]+)")
    assert price == pytest.approx(transitions * of_thousand / 1_000)

    kilobytes, of_gigabyte, price = numbers(r"for each (\d+) KB of log lines and spans, at \$([\d.]+) a GB \| ([\d.]+)")
    assert price == pytest.approx(kilobytes / 1_000_000 * of_gigabyte)


def test_the_price_of_the_model_is_that_of_its_tokens() -> None:
    of_input, of_output, given, answered, price = numbers(
        r"At \$(\d+) and \$(\d+) per million tokens in and out, ([\d,]+) tokens in and ([\d,]+) out cost \$([\d.]+\d)"
    )
    assert price == pytest.approx((given * of_input + answered * of_output) / 1_000_000)
