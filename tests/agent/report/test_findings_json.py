import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources

import pytest

from agent.report import findings_json
from agent.report.document import Changes
from tests.agent.report.reports import report

SCHEMA = json.loads(resources.files("agent.report").joinpath("findings.schema.json").read_text())
CHANGES = Changes(
    since=datetime(2026, 11, 16, tzinfo=UTC),
    new=("idle:us-east-1/forgotten",),
    resolved={"errors:us-east-1/old": "Half of its runs fail"},
    regressed=(),
)
PYTHON_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def violations(value, schema, where="$"):
    """What a document does that its schema does not allow: as much of JSON Schema as the schema here needs."""
    if "$ref" in schema:
        schema = {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, PYTHON_TYPES[kind]) for kind in kinds):
        yield f"{where} is a {type(value).__name__}"
    elif ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        yield f"{where} is {value!r}"
    elif isinstance(value, dict):
        known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        yield from (f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value)
        for key, part in value.items():
            if key not in known and more is False:
                yield f"{where}.{key} is unknown"
            else:
                yield from violations(part, known.get(key, more if isinstance(more, dict) else {}), f"{where}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from violations(part, schema.get("items", {}), f"{where}[{number}]")


@pytest.mark.parametrize("changes", [None, CHANGES])
def test_the_document_is_what_its_schema_describes(changes):
    assert list(violations(findings_json.document(report(changes=changes)), SCHEMA)) == []


def test_the_schema_describes_every_property_and_requires_all_of_them():
    def objects(schema):
        yield schema
        for part in schema.get("properties", {}).values():
            yield from objects(part)
            yield from objects(part.get("items", {}))

    for schema in objects(SCHEMA):
        assert sorted(schema.get("required", [])) == sorted(schema.get("properties", {}))


def test_amounts_survive_any_parser():
    document = json.loads(findings_json.render(report()))
    findings = document["findings"]
    sold = sum(Decimal(f["monthly_saving_usd"]) for f in findings if f["standing"] == "opportunity")
    assert sold == Decimal(document["totals"]["monthly_saving_usd"])
    costs = [Decimal(function["monthly_cost_usd"]) for function in document["functions"]]
    assert sum(costs) == Decimal(document["totals"]["monthly_cost_usd"])
    assert costs == sorted(costs, reverse=True)


def test_what_could_not_be_read_is_null_and_names_its_gap():
    document = findings_json.document(report())
    [unread] = [function for function in document["functions"] if function["name"] == "unread"]
    assert unread["invocations"] is None
    assert unread["peak_memory_mb"] is None
    assert "memory-excess" in unread["undecided_rules"]
    assert [gap["source"] for gap in document["gaps"]] == ["logs:FilterLogEvents"]
