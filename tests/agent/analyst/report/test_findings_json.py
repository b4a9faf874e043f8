import functools
import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from agent.analyst.analysis import estate
from agent.analyst.report import findings_json
from agent.analyst.report.document import Changes
from tests.agent.analyst.account.everything import everything
from tests.agent.analyst.report.reports import report

SCHEMA = json.loads(resources.files("agent.analyst.report").joinpath("findings.schema.json").read_text())
CHANGES = Changes(
    since=datetime(2026, 11, 16, tzinfo=UTC),
    new=("idle:us-east-1/forgotten",),
    resolved={"errors:us-east-1/old": "Half of its runs fail"},
    regressed=(),
)
FORMATS = FormatChecker(())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FORMATS)


@FORMATS.checks("date-time", ValueError)
@FORMATS.checks("date", ValueError)
def is_iso(text):
    return bool(datetime.fromisoformat(text))


@pytest.mark.parametrize("changes", [None, CHANGES])
def test_the_document_matches_its_schema(changes):
    document = findings_json.document(report(changes=changes))
    assert [(error.json_path, error.message) for error in VALIDATOR.iter_errors(document)] == []


def test_the_limits_of_regions_are_in_the_document():
    document = findings_json.document(report(assessment=estate.assess(everything())))
    assert list(VALIDATOR.iter_errors(document)) == []
    [limits], [provider] = document["limits"], document["capacity_providers"]
    assert (limits["concurrency_limit"], limits["unreserved_peak"], limits["microvms"]) == (1_000, 40, 1)
    assert (provider["architectures"], provider["max_vcpus"]) == (["arm64"], 32)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("totals", "monthly_cost_usd"), "1.5"), (("totals", "functions"), -1), (("made_at",), "yesterday")],
)
def test_the_schema_refuses_malformed_values(path, value):
    document = json.loads(findings_json.render(report()))
    *parents, key = path
    functools.reduce(dict.__getitem__, parents, document)[key] = value
    assert ["$." + ".".join(path)] == [error.json_path for error in VALIDATOR.iter_errors(document)]


def test_the_schema_describes_every_property_and_requires_all_of_them():
    def objects(schema):
        yield schema
        for part in schema.get("$defs", {}).values():
            yield from objects(part)
        for part in schema.get("properties", {}).values():
            yield from objects(part)
            yield from objects(part.get("items", {}))

    for schema in objects(SCHEMA):
        assert sorted(schema.get("required", [])) == sorted(schema.get("properties", {}))


def test_amounts_are_strings_and_add_up_to_the_totals():
    document = json.loads(findings_json.render(report()))
    findings = document["findings"]
    opportunities = sum(Decimal(f["monthly_saving_usd"]) for f in findings if f["category"] == "opportunity")
    assert opportunities == Decimal(document["totals"]["monthly_saving_usd"])
    costs = [Decimal(function["monthly_cost_usd"]) for function in document["functions"]]
    assert sum(costs) == Decimal(document["totals"]["monthly_cost_usd"])
    assert costs == sorted(costs, reverse=True)


def test_missing_data_is_null_and_has_a_gap():
    document = findings_json.document(report())
    [unread] = [function for function in document["functions"] if function["name"] == "unread"]
    assert unread["monthly_invocations"] is None
    assert unread["peak_memory_mb"] is None
    assert "memory-excess" in unread["undecided_rules"]
    assert [gap["source"] for gap in document["gaps"]] == ["logs:FilterLogEvents"]
