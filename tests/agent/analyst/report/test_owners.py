from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import estate
from agent.analyst.report import findings_json
from agent.analyst.report.owners import owners
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import CHECKOUT, FORGOTTEN, OLD, ROOMY, facts, report
from tests.agent.analyst.report.test_findings_json import VALIDATOR

OWNED = facts(
    replace(CHECKOUT, owner="shop"),
    replace(ROOMY, owner="shop"),
    replace(OLD, owner="data"),
    FORGOTTEN,
    healthy(name="stray"),
    tag="team",
)


def test_each_owner_has_the_cost_saving_and_advice_of_its_functions():
    assessment = estate.assess(OWNED)
    shop, data, untagged = owners(assessment)
    assert (shop.name, shop.functions, shop.first.function) == ("shop", 2, "checkout")
    assert (data.name, data.opportunities, data.recommendations, data.first) == ("data", 0, 2, None)
    assert (untagged.name, untagged.functions, untagged.first.function) == (None, 2, "forgotten")
    assert shop.saving + data.saving + untagged.saving == assessment.saving
    # Each owner's cost is rounded once.
    assert abs(shop.cost + data.cost + untagged.cost - assessment.cost) <= Decimal("0.02")


def test_the_json_document_has_the_owners_only_if_functions_are_grouped():
    document = findings_json.document(report(assessment=estate.assess(OWNED)))
    assert [(one["owner"], one["functions"]) for one in document["owners"]] == [("shop", 2), ("data", 1), (None, 2)]
    assert {finding["owner"] for finding in document["findings"]} == {"shop", "data", None}
    assert list(VALIDATOR.iter_errors(document)) == []
    assert findings_json.document(report())["owners"] is None
