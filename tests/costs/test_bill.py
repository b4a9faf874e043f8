"""The bills of a run and of a stack. The figures are worked out by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal

import pytest

import costs.__main__ as command
from agent.harness.telemetry import StartOutcome
from costs import bill, prices
from tests.components import recorded
from tests.costs import golden

USE = replace(bill.RunUse(), model_id=golden.MODEL_ID, tokens=golden.TOKENS)
STOP_METRICS = 3  # "stopped", "absent" and the cost


def test_the_readme_has_the_table_that_the_code_makes() -> None:
    page = command.README.read_text()

    assert page == command.with_table(page), "run 'python -m costs --write'"


def test_a_page_without_markers_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match="write <!-- costs:begin -->"):
        command.with_table("No markers")


def test_each_part_of_a_run_has_the_cost_of_its_list_price() -> None:
    lines = {line.what: line.usd for line in bill.bill_of_run(replace(USE, metrics_asked=3_802, cost_queries=1))}

    # 20 s x 0.0895 / 3,600 + 164 s x 0.5 GB x 0.00945 / 3,600 = 0.000497 + 0.000215
    assert lines["AgentCore"] == pytest.approx(Decimal("0.000712472"), abs=Decimal("0.000000001"))
    assert lines["Step Functions"] == Decimal("0.00055")
    # 2 calls 0.0000004, 0.5 GB-s 0.0000066667, 30 writes 0.00001875, 10 reads 0.00000125,
    # 20 objects 0.0001, 5 reads 0.000002, 2 events 0.000002
    assert lines["Lambda, DynamoDB, S3, EventBridge"] == Decimal("0.0001310667")
    assert lines["GetMetricData"] == Decimal("0.03802")
    assert lines["Cost Explorer"] == Decimal("0.01")


def test_the_model_has_its_own_line_and_an_unknown_one_no_cost() -> None:
    assert bill.bill_of_model(USE).usd == golden.USD
    unknown = bill.bill_of_model(replace(USE, model_id="scripted"))
    assert (unknown.usd, unknown.what) == (None, "Model scripted")
    assert unknown.how_much.endswith("no known price")


def test_the_tokens_of_the_readme_cost_what_was_computed_by_hand() -> None:
    # 60,000 x 1 + 5,000 x 5; and 6,000 x 1 + 45,000 x 0.1 + 9,000 x 1.25 + 5,000 x 5
    assert bill.bill_of_model(replace(USE, tokens=command._UNCACHED)).usd == Decimal("0.085")
    assert bill.bill_of_model(replace(USE, tokens=command._CACHED)).usd == Decimal("0.04675")


def test_the_stack_has_the_alarms_and_metrics_that_are_billed() -> None:
    dev = recorded.of_stack("dev", agent="analyst")
    metrics = len(dev.of("LogMetricFilter")) + len(StartOutcome) + STOP_METRICS
    use = bill.StackUse(alarms=len(dev.of("MetricAlarm")), dashboards=len(dev.of("Dashboard")), metrics=metrics)

    assert bill.StackUse() == use, "correct StackUse in costs/bill.py, and run 'python -m costs --write'"


def test_every_price_has_a_source() -> None:
    listed = [one for one in vars(prices).values() if isinstance(one, prices.Price)]

    assert listed
    assert all(price.source.startswith("https://aws.amazon.com/") for price in listed)


def test_the_command_prints_the_bill_and_names_unknown_prices(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = ["--input", "300", "--output", "200", "--cache-read", "20000", "--cache-write", "5000"]
    for model, expected in ((golden.MODEL_ID, "0.0096  Model"), ("scripted", "not known  Model scripted")):
        monkeypatch.setattr(sys, "argv", ["costs", "--model", model, *tokens])
        command.main()
        assert expected in capsys.readouterr().out
