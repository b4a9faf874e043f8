"""Reports with prices that were read from the price list."""

import html
import re
from dataclasses import replace

import pytest

from agent.analyst.analysis import estate
from agent.analyst.report import findings_json
from agent.analyst.report.pages import html as html_page
from agent.analyst.report.pages import markdown
from tests.agent.analyst.price_lists import refreshed
from tests.agent.analyst.report.reports import FACTS, report
from tests.agent.analyst.report.test_findings_json import VALIDATOR

LACKING = [
    "arm64 duration on provisioned concurrency",
    "arm64 provisioned concurrency",
    "cache of SnapStart snapshots",
    "log delivery to S3 or Firehose",
    "log ingestion, infrequent-access class",
    "provisioned event pollers of SQS queues",
    "restores of SnapStart snapshots",
    "x86_64 duration on provisioned concurrency",
]
WEB = "https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/"


def report_with(region):
    facts = replace(FACTS, regions=(*FACTS.regions, region), prices=(refreshed("us-east-1"), refreshed(region)))
    return report(assessment=estate.assess(facts))


@pytest.mark.parametrize("rendering", [markdown, html_page])
def test_each_region_names_the_date_and_the_source_of_its_prices(rendering):
    text = html.unescape(rendering.render(report_with("eu-central-1")))
    for region in ("us-east-1", "eu-central-1"):
        assert re.search(
            rf"Prices of {region}(: |</dt><dd>)List prices as of 2026-10-14, from AWS Price List API", text
        )
    assert f"Missing there and taken from list prices as of 2026-08-21, from {WEB}: {'; '.join(LACKING)}." in text
    assert f"Not known for this region and priced as in us-east-1: {'; '.join(LACKING)}." in text


def test_findings_json_names_the_sources_and_matches_its_schema():
    document = findings_json.document(report_with("eu-central-1"))
    assert list(VALIDATOR.iter_errors(document)) == []
    assert document["prices"] == [
        {
            "region": "us-east-1",
            "as_of": "2026-10-14",
            "source": "AWS Price List API",
            "borrowed": [],
            "supplement": {
                "as_of": "2026-08-21",
                "source": WEB,
                "meters": ["provisioned event pollers of SQS queues"],
            },
        },
        {
            "region": "eu-central-1",
            "as_of": "2026-10-14",
            "source": "AWS Price List API",
            "borrowed": LACKING,
            "supplement": {"as_of": "2026-08-21", "source": WEB, "meters": LACKING},
        },
    ]
