"""The outline, and that both renderings show it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.facts.account import CapacityProvider, Discounts, RegionFacts, SavingsPlan
from agent.analyst.analysis.profile import MemorySample
from agent.analyst.report.document import Changes, percent
from agent.analyst.report.outline.blocks import Cards, Paragraph, Table
from agent.analyst.report.outline.headings import NONE
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.pages import html, markdown
from agent.analyst.report.text import Name
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import ROOMY_REGION, healthy, used
from tests.agent.analyst.report.pages.test_html import Document
from tests.agent.analyst.report.reports import CHECKOUT, FORGOTTEN, ROOMY, facts, report

CHANGED = Changes(since=datetime(2026, 11, 6, tzinfo=UTC), new=("idle:us-east-1/a",), resolved={}, regressed=())
OWNED = [replace(CHECKOUT, owner="shop"), replace(ROOMY, owner="shop"), replace(FORGOTTEN, owner="data")]
POOL = CapacityProvider(
    arn="arn:aws:lambda:us-east-1:123456789012:capacity-provider:pool", architectures=("arm64",), max_vcpus=32
)
FLEET = healthy(name="fleet", managed_instances=True, capacity_provider_arn=POOL.arn)
RESERVED = replace(ROOMY_REGION, web_functions=3)
UNREAD_REGION = RegionFacts(region="eu-west-1")
REPORTS = {
    "full": report(changes=CHANGED),
    "with owners": report(assessment=estate.assess(facts(*OWNED, healthy(name="stray"), tag="team"))),
    "with limits": report(
        assessment=estate.assess(
            replace(facts(FLEET, gaps=()), surroundings=(RESERVED, UNREAD_REGION), capacity_providers=(POOL,))
        )
    ),
    "empty": report(assessment=estate.assess(facts(gaps=()))),
}


def plain(line):
    """Return a Markdown heading's text, without its escapes."""
    return re.sub(r"\\(.)", r"\1", line)


@pytest.mark.parametrize("name", REPORTS)
def test_both_renderings_have_the_headings_of_the_outline(name):
    expected = list(outline(REPORTS[name]).headings())
    without_commands = re.sub(r"^```sh$.*?^```$", "", markdown.render(REPORTS[name]), flags=re.MULTILINE | re.DOTALL)
    in_markdown = re.findall(r"^(#+) (.+)$", without_commands, re.MULTILINE)
    assert Document(html.render(REPORTS[name])).headings == expected
    assert [(len(level), plain(text)) for level, text in in_markdown] == expected


def test_the_sections_are_in_order():
    headings = [text for level, text in outline(REPORTS["full"]).headings() if level == 2]
    assert headings == [
        "Summary",
        "Changes since the last report (2026-11-06)",
        "Overview",
        "Opportunities",
        "Savings under $1 a month",
        "Other recommendations",
        "Cost by function",
        "Gaps",
        "Method",
    ]


def test_what_the_functions_of_a_region_share_is_a_table():
    limits, providers = (
        block
        for section in outline(REPORTS["with limits"]).sections
        if section.heading == "Limits and capacity"
        for block in section.blocks
    )
    # 1,000 - 400 are reserved; 7.5 of 75 GB are used.
    assert limits.rows == [
        ("us-east-1", "1,000", "600", "200", "10.0%", "3", "0"),
        ("eu-west-1", *[NONE] * 6),
    ]
    assert providers.rows == [(Name("pool"), "arm64", "chosen by Lambda", "32", "1")]
    assert "Limits and capacity" not in {section.heading for section in outline(REPORTS["full"]).sections}


def tiles(made):
    return {tile.label: (tile.value, tile.note) for tile in outline(made).tiles}


@pytest.mark.parametrize(
    ("profiles", "headline"),
    [
        ((), "No functions found"),
        ((healthy(),), "$27.57 a month, no opportunity to save"),
        ((CHECKOUT,), "$38.74 of $98.82 a month can be saved"),
    ],
)
def test_the_headline_is_the_result(profiles, headline):
    assert outline(report(assessment=estate.assess(facts(*profiles, gaps=())))).headline == headline


def test_the_tiles_show_the_saving_of_a_year_its_range_and_the_judged_share():
    # Of 4,096 MB half is kept. Runs that only wait cost half, and runs that only compute as much as before.
    roomy = healthy(memory_mb=4_096, memory=MemorySample(reports=200, peak_mb=100))
    unread = healthy(name="unread", usage=None, memory=None, log_group=None)
    assessment = estate.assess(facts(roomy, unread))
    shown = tiles(report(assessment=assessment))
    assert shown["Cost a month"] == ("$107.57", "2 functions, $1,290.84 a year; $80.91 a month after all changes")
    assert shown["Possible saving a month"] == (
        "$26.66",
        "24.8% of the cost, $319.92 a year; range $0.00 to $53.33 a month",
    )
    undecided = len(assessment.functions[1].undecided)
    made = percent(Decimal(2 * len(RULES) - undecided), Decimal(2 * len(RULES)))
    assert undecided
    assert shown["Functions judged"] == ("1 of 2", f"by every rule; {made} of all checks could be made, see Gaps")


def test_the_observed_period_and_the_day_of_the_prices_are_named():
    context = outline(report()).context
    assert "15 days, 7 Nov to 22 Nov 2026, projected to a month of 730 hours" in context
    assert "AWS list prices of 21 Aug 2026, before discounts" in context


def test_a_region_without_its_own_prices_is_named_beside_the_headline():
    def notices(*regions):
        profiles = [healthy(name=region, region=region) for region in regions]
        return [notice.text for notice in outline(report(assessment=estate.assess(facts(*profiles)))).notices]

    assert notices("us-east-1", "us-west-2") == []
    unknown, known_in_part = notices("eu-central-1", "mars-north-1", "eu-west-1")
    assert unknown.startswith("All prices of mars-north-1 are those of us-east-1, because ")
    assert known_in_part.startswith("Some prices of eu-central-1, eu-west-1 are those of us-east-1, because ")


def test_what_the_account_really_pays_is_beside_the_headline():
    plan = SavingsPlan(hourly_usd=Decimal("0.5"), ends="2027-01-01T00:00:00Z")
    made = report(assessment=estate.assess(replace(facts(CHECKOUT), discounts=Discounts(savings_plans=(plan,)))))
    assert "As long as the account uses less than that, a saving lowers no bill." in outline(made).notices[0].text


def test_invocations_are_per_month_like_the_cost():
    (table,) = section(report(), "Cost by function").blocks
    row = dict(zip([column.title for column in table.columns], table.rows[0], strict=True))
    # 1,000,000 invocations in half of a month.
    assert (row["Invocations a month"], row["Cost a month"]) == ("2,000,000", "$98.82")


def test_functions_have_their_region_if_there_are_several():
    def columns(*profiles):
        (table,) = section(report(assessment=estate.assess(facts(*profiles))), "Cost by function").blocks
        return [column.title for column in table.columns]

    assert "Region" not in columns(healthy())
    assert "Region" in columns(healthy(), healthy(name="abroad", region="eu-west-1"))


def section(made, heading):
    return next(one for one in outline(made).sections if one.heading == heading)


def advice(*profiles):
    made = report(assessment=estate.assess(facts(*profiles)))
    return [
        "".join(piece if isinstance(piece, str) else piece.text for piece in block.text)
        for block in section(made, "Summary").blocks
        if isinstance(block, Paragraph) and block.kind == "advice"
    ]


def test_the_summary_says_where_to_begin_and_why():
    (text,) = advice(CHECKOUT, FORGOTTEN)
    assert text == (
        "Begin with checkout: Memory 3,008 → 1,536 MB. It is the largest saving, $23.95 a month or 42.2% of all "
        "savings, with medium confidence, medium risk and medium effort."
    )
    assert advice(healthy()) == []


def test_a_doubtful_saving_is_not_the_first():
    doubtful = replace(
        healthy(name="idle", usage=used(invocations=0, silent_days=14)), provisioned=FORGOTTEN.provisioned
    )
    (text,) = advice(doubtful, replace(CHECKOUT, memory=None))
    assert text.startswith("Begin with checkout: Architecture x86_64 → arm64.")


def test_each_change_has_owner_effort_commands_and_a_link():
    (block,) = section(REPORTS["with owners"], "Opportunities").blocks
    card = next(card for card in block.cards if "Memory" in card.change)
    assert card.where == "us-east-1, owner: shop"
    assert ("effort", "medium") in card.grades
    assert [label for label, _ in card.scripts] == ["To apply", "To undo"]
    unfinished = next(card for card in block.cards if "arm64" in card.change)
    assert [label for label, _ in unfinished.scripts] == ["To apply: first replace <…>", "To undo: first replace <…>"]
    assert card.console.startswith("https://us-east-1.console.aws.amazon.com/lambda/home")


def test_findings_of_every_category_have_their_commands():
    for made in outline(REPORTS["full"]).sections:
        cards = [card for block in made.blocks if isinstance(block, Cards) for card in block.cards]
        assert all(commands for card in cards for _, commands in card.scripts)
    assert section(REPORTS["full"], "Other recommendations").blocks[0].cards


def test_cost_and_advice_are_listed_by_owner_with_the_untagged_functions_last():
    (table,) = section(REPORTS["with owners"], "Cost by owner").blocks
    assert [(row[0], *row[2:4]) for row in table.rows] == [
        ("shop", "2", "$126.98"),
        ("data", "1", "$18.02"),
        ("no tag", "1", "$27.57"),
    ]


def test_without_the_setting_no_owner_is_mentioned():
    text = markdown.render(REPORTS["full"])
    assert "owner:" not in text
    assert "Owner" not in text
    assert "no tag" not in text


def test_long_lists_end_with_the_file_that_has_the_rest():
    many = [healthy(name=f"f{number:03d}", runtime="python3.8") for number in range(150)]
    made = report(assessment=estate.assess(facts(*many)))
    cards, table = section(made, "Other recommendations").blocks
    assert (len(cards.cards), len(table.rows), table.more) == (10, 100, "40 more are in findings.csv.")
    (functions,) = (block for block in section(made, "Cost by function").blocks if isinstance(block, Table))
    assert functions.more == "100 more are in findings.json."
