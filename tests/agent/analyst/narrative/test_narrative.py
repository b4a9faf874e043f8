"""What is published for a text of the model, and what is refused."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analyst.analysis import estate
from agent.analyst.analysis.profile import Architecture, ProvisionedConcurrency
from agent.analyst.narrative import keys, narrative
from agent.analyst.narrative.keys import Kind
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.document import Narrative, usd
from agent.analyst.tools import summaries
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.narrative.keys import ASSESSMENT, FIGURES, FINDINGS, published
from tests.agent.analyst.report.reports import CHECKOUT, FACTS, FORGOTTEN, facts

LARGEST = ASSESSMENT.findings[0]
REGIONS = ("us-east-1", "eu-west-1")


def summary(text):
    return published(text).summary


def refusal(text, **remarks):
    with pytest.raises(UntrueNarrativeError) as refused:
        published(text, **remarks)
    return str(refused.value)


def filled(assessment, text, **remarks):
    words = Narrative(summary=text, remarks=remarks, author="model")
    return narrative.filled(words, assessment, summaries.figures(assessment), summaries.finding_ids(assessment))


class TestValues:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("The account costs {account.cost} a month.", "The account costs $172.57 a month."),
            ("The account costs {account.cost}.", "The account costs $172.57 a month."),
            ("The account costs ${account.cost}/month.", "The account costs $172.57 a month."),
            ("{account.functions} cost money.", "5 functions cost money."),
            ("{account.functions} Lambda functions cost money.", "5 Lambda functions cost money."),
            ("checkout has {checkout.memory} MB of memory.", "checkout has 3,008 MB of memory."),
            ("checkout had {checkout.errors} failed calls.", "checkout had 0 failed calls."),
            ("checkout had {checkout.throttles} calls.", "checkout had 0 throttled calls."),
            ("checkout had {checkout.errors} errors.", "checkout had 0 failed calls."),
            ("The account costs {account.cost} every month.", "The account costs $172.57 a month."),
            ("All is said. {account.idle.issue} come first.", "All is said. Idle functions come first."),
            ("checkout had {checkout.calls} in {account.window}.", "checkout had 1,000,000 calls in 15 days."),
        ],
    )
    def test_a_value_has_its_unit_once(self, text, written):
        assert summary(text) == written

    @pytest.mark.parametrize(
        ("text", "unit"),
        [
            ("The account costs {account.cost} dollars.", "dollars"),
            ("The account costs {account.cost} euros.", "euros"),
            ("The account costs {account.cost} thousand dollars.", "thousand dollars"),
            ("checkout has a timeout of {checkout.timeout} minutes.", "minutes"),
            ("checkout has {checkout.memory} GB.", "GB"),
            ("checkout had {checkout.calls} errors.", "errors"),
            ("{account.functions} regions were read.", "regions"),
        ],
    )
    def test_another_unit_is_refused(self, text, unit):
        assert unit in refusal(text)

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("The changes save {account.saving-share}.", "save 32.9% of the account's cost."),
            ("The changes save {account.saving-share} of it.", "save 32.9% of the account's cost."),
            ("The changes save {account.saving-share} of this.", "save 32.9% of the account's cost."),
            ("The changes save {account.saving-share} of the bill.", "save 32.9% of the account's cost."),
            ("The changes save {account.saving-share} of the spend.", "save 32.9% of the account's cost."),
            ("checkout saves {checkout.saving-share} of its {checkout.cost}.", "39.2% of its $98.82 a month (cost)."),
            ("checkout saves {checkout.saving-share} of the total bill.", "saves 39.2% of its cost."),
            ("checkout takes {checkout.cost-share} of its cost.", "takes 57.3% of the account's cost."),
            ("Idle functions bring {account.idle.saving-share}.", "bring 31.7% of the saving."),
            ("checkout takes {checkout.cost-share} of {account.cost}.", "of $172.57 a month (all functions)."),
        ],
    )
    def test_code_writes_what_a_share_is_a_share_of(self, text, written):
        assert summary(text).endswith(written)

    def test_a_share_of_something_else_is_refused(self):
        assert "it is a share of its cost" in refusal("checkout saves {checkout.saving-share} of the timeouts.")

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("On checkout is {checkout.cost}.", "is $98.82 a month (cost)."),
            ("What we found is {checkout.saving}.", "is $38.74 a month (saving of checkout)."),
            (
                "Savings are possible: {checkout.memory-excess.saving}.",
                "(saving of checkout, over-provisioned memory).",
            ),
            ("checkout runs for {checkout.p99}.", "runs for 4,000 ms (p99)."),
            ("checkout runs for {checkout.average}.", "runs for 1,000 ms (average)."),
            ("checkout has {checkout.memory}.", "has 3,008 MB (configured memory)."),
            ("The p99 of checkout is {checkout.p99}.", "is 4,000 ms."),
            ("On checkout it is {checkout.architecture.risk}.", "is low (risk, x86_64 that could be arm64)."),
            ("{account.python3.8.functions} must move.", "1 function (python3.8) must move."),
            ("On python3.8 is {account.python3.8.functions}.", "is 1 function."),
            (
                "checkout and old cost {checkout.cost} and {old.cost}.",
                "$98.82 a month (checkout) and $27.57 a month (old).",
            ),
            ("old has {old.log-retention.stored} in its group.", "has 10 bytes (stored) in its group."),
        ],
    )
    def test_code_writes_what_the_words_do_not_say(self, text, written):
        assert summary(text).endswith(written)

    def test_the_title_of_a_rule_names_no_other_rule(self):
        unused = (ProvisionedConcurrency(qualifier="live", units=20, peak_utilization=0.1),)
        assessment = estate.assess(facts(replace(CHECKOUT, provisioned=unused), FORGOTTEN))
        text = "Unused provisioned concurrency has a saving of {account.provisioned-concurrency.saving} in the account."
        assert re.search(r"a saving of \$[\d.]+ a month in the account\.$", filled(assessment, text).summary)

    def test_a_phrase_begins_with_a_small_letter_within_a_sentence(self):
        assert summary("On checkout: {checkout.memory-excess.change}.") == "On checkout: memory 3,008 → 1,536 MB."
        assert summary("{account.idle.issue} come first.") == "Idle functions come first."
        slow = estate.assess(facts(replace(CHECKOUT, timeout_seconds=900)))
        assert filled(slow, "On checkout: {checkout.timeout.issue}.").summary.startswith(
            "On checkout: a timeout of 900 s"
        )

    @pytest.mark.parametrize(
        "text", ["{account.cost}{account.saving}", "-{account.cost}", "{account.cost}k", "1{account.cost}"]
    )
    def test_nothing_touches_a_value(self, text):
        assert "put a space" in refusal(f"The account costs {text}.")


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "nearest"),
        [
            ("account.savings", "{account.saving}"),
            ("chekout.saving", "{checkout.saving}"),
            ("checkout.memory.saving", "{checkout.memory-excess.saving}"),
            ("accounts.cost", "{account.cost}"),
            ("", ""),
        ],
    )
    def test_an_unknown_key_is_refused_with_the_nearest_ones(self, key, nearest):
        message = refusal(f"All is said, {{{key}}}.")
        assert f"there is no key {{{key}}}" in message
        assert nearest in message

    @pytest.mark.parametrize("text", ["A { alone.", "A } alone.", "{{account.cost}}", "{account.cost"])
    def test_a_brace_belongs_to_a_key(self, text):
        assert "belongs to no key" in refusal(f"The account costs {text}")

    def test_functions_of_the_same_name_have_their_region_in_their_keys(self):
        twice = estate.assess(
            replace(
                facts(CHECKOUT, replace(CHECKOUT, region="eu-west-1", memory_mb=1_024)),
                regions=REGIONS,
            )
        )
        text = "us-east-1/checkout costs {us-east-1/checkout.cost}, eu-west-1/checkout {eu-west-1/checkout.cost}."
        assert len(set(re.findall(r"\$[\d.]+", filled(twice, text).summary))) == 2
        with pytest.raises(
            UntrueNarrativeError, match=r"nearest are \{us-east-1/checkout\.cost\}, \{eu-west-1/checkout\.cost\}"
        ):
            filled(twice, "checkout costs {checkout.cost}.")

    def test_code_tells_functions_of_the_same_name_apart(self):
        twice = estate.assess(replace(facts(CHECKOUT, replace(CHECKOUT, region="eu-west-1")), regions=REGIONS))
        text = filled(twice, "checkout costs {us-east-1/checkout.cost}.").summary
        assert text == f"checkout costs {usd(twice.functions[0].cost)} a month (us-east-1/checkout)."

    def test_a_function_with_a_word_of_the_keys_as_its_name_has_its_region_in_its_key(self):
        named = estate.assess(facts(CHECKOUT, replace(FORGOTTEN, name="account")))
        assert usd(named.cost) in filled(named, "The account costs {account.cost}.").summary
        own = next(one for one in named.functions if one.profile.name == "account")
        assert usd(own.cost) in filled(named, "us-east-1/account costs {us-east-1/account.cost}.").summary

    @pytest.mark.parametrize("name", ["{account.saving}", "x}{y", "saving: $1"])
    def test_a_name_that_aws_does_not_allow_breaks_nothing(self, name):
        named = estate.assess(facts(replace(CHECKOUT, name=name)))
        [handle] = summaries.figures(named).names
        assert re.fullmatch(r"[\w%-]+", handle)
        assert usd(named.cost) in filled(named, "The account costs {account.cost}.").summary
        assert filled(named, f"It is {{{handle}.name}}.").summary == "It is \u201c...\u201d."


class TestNumbers:
    @pytest.mark.parametrize(
        "words",
        [
            *("$5", "5 dollars", "€55.20", "99.9%", "½", "\u0665", "\u4e94", "XII", "4e3", "1.2k", "2/3", "+", "№5"),
            *("five", "fifty-five", "dozens", "hundreds", "one function", "a single change", "zero", "half", "a third"),
            *("two thirds", "twice", "doubles", "tenfold", "ten-fold", "an order of magnitude", "orders of magnitude"),
            *("every second", "every fifth", "a couple", "a quarter of", "percent", "once a day", "an hour", "fífty"),
            *("fifty_five", "_fifty_", "**fif**ty", "fif\u200b\u034f\u3164ty", "пятьдесят", "fi\u0440ty"),
            *("Node 22 dollars", "RFC 9110 times", "May 5 functions", "p99%", "in 2026 dollars", "version 9,000"),
        ],
    )
    def test_no_number_stands_in_the_words(self, words):
        message = refusal(f"All is said, and {words} more.")
        assert "is a number in the words" in message or "is not English" in message

    @pytest.mark.parametrize(
        "words",
        [
            *(
                "Node 22",
                "Node.js 22.x",
                ".NET 8",
                "Python 3.13",
                "Java 25",
                "Go 1.22",
                "Amazon Linux 2023",
                "version 3",
            ),
            *("RFC 9110", "ISO 8601", "HTTP 429", "HTTP/2", "5xx", "IPv6", "UTF-8", "SHA-256", "TLS 1.3", "S3", "EC2"),
            *(
                "x86_64",
                "arm64",
                "Graviton 4",
                "p99",
                "the 99th percentile",
                "us-east-1",
                "python3.8",
                "/aws/lambda/checkout",
            ),
            *(
                "9 am",
                "9:30 p.m.",
                "09:00",
                "2026-11-23",
                "14 October 2024",
                "October 14, 2024",
                "October 2024",
                "Monday",
            ),
            *(
                "the end of 2026",
                "account 123456789012",
                "one of them",
                "one at a time",
                "a third party",
                "double-check",
            ),
            *("first", "several", "most", "a few", "for a week", "memory-excess", "idle:us-east-1/forgotten"),
        ],
    )
    def test_harmless_forms_are_published(self, words):
        assert summary(f"Look at this first: {words}.") == f"Look at this first: {words}."

    @pytest.mark.parametrize("name", ["campaign-2024", "s3-to-ec2", "v2", "x86"])
    def test_a_number_in_the_name_of_a_function_is_no_figure(self, name):
        named = estate.assess(facts(replace(CHECKOUT, name=name)))
        assert filled(named, f"{name} costs {{{name}.cost}}.").summary == f"{name} costs {usd(named.cost)} a month."

    @pytest.mark.parametrize("name", ["500", "10k", "44-days", "half", "usd-500", "99-percent-cheaper", "twenty"])
    def test_a_name_that_reads_as_a_number_is_written_by_its_key(self, name):
        named = estate.assess(facts(replace(CHECKOUT, name=name)))
        with pytest.raises(UntrueNarrativeError) as refused:
            filled(named, f"It saves {name} a month.")
        assert f"{name!r} reads as a number: write {{{name}.name}}" in str(refused.value) or "is a number" in str(
            refused.value
        )
        text = f"{{{name}.name}} costs {{{name}.cost}}."
        assert filled(named, text).summary == f"\u201c{name}\u201d costs {usd(named.cost)} a month."

    def test_a_name_that_is_a_word_of_every_report_is_written_by_its_key(self):
        named = estate.assess(facts(replace(CHECKOUT, name="cost")))
        total = usd(named.cost)
        assert filled(named, "{account.functions} cost {account.cost}.").summary == f"1 function cost {total} a month."
        assert filled(named, "{cost.name} costs {cost.cost}.").summary == f"\u201ccost\u201d costs {total} a month."


class TestRefusals:
    def test_a_refusal_names_the_key_the_problem_and_the_sentence(self):
        message = refusal("First this. The account costs {account.saving} a month. At last that.")
        assert (
            "- summary: {account.saving}: the words say 'cost' and the key says 'saving', in "
            "'The account costs {account.saving} a month'"
        ) in message

    def test_a_refusal_lists_all_problems_at_once(self):
        assert refusal("It is $1 or 77%.", nowhere="$3").count("\n- ") == 3

    def test_a_refusal_names_the_period_of_a_count(self):
        failing = estate.assess(facts(replace(CHECKOUT, usage=replace(CHECKOUT.usage, errors=500_000))))
        for key, period in [("checkout.errors", "the time of observation"), ("checkout.errors.errors", "a month")]:
            with pytest.raises(UntrueNarrativeError, match=f"the value is for {period}"):
                filled(failing, f"checkout had {{{key}}} a week.")

    def test_a_refusal_with_many_problems_stays_short(self):
        message = refusal(", ".join(f"${number}" for number in range(9_000, 9_900)))
        assert len(message) < 8_000
        assert "- and 880 more" in message


class TestRemarks:
    def test_a_remark_is_about_its_finding(self):
        words = "It saves {checkout.memory-excess.saving} of {checkout.cost}."
        remarks = published("All is said.", **{"checkout.memory-excess": words}).remarks
        assert remarks == {LARGEST.identifier: f"It saves {usd(LARGEST.saving)} a month of $98.82 a month (cost)."}

    def test_remarks_are_checked_like_the_summary(self):
        message = refusal("All is said.", **{"checkout.memory-excess": "It costs {checkout.saving}, not $77.77."})
        assert "checkout.memory-excess: {checkout.saving}: the words say 'cost'" in message
        assert "checkout.memory-excess: '$77.77'" in message

    def test_a_remark_about_another_function_is_refused(self):
        assert "the words are about checkout and the key about forgotten" in refusal(
            "All is said.", **{"checkout.memory-excess": "It costs {forgotten.cost}."}
        )

    def test_a_remark_on_an_unknown_finding_is_refused(self):
        assert "idle.nowhere: there is no such finding" in refusal("All is said.", **{"idle.nowhere": "Delete it."})


class TestOwners:
    def grouped(self, owner):
        owned = [replace(one, owner=owner if one.name == "checkout" else None) for one in FACTS.profiles]
        return estate.assess(replace(FACTS, profiles=tuple(owned), group_by_tag="team"))

    def test_a_figure_of_an_owner_is_published_with_the_owner(self):
        grouped = self.grouped("shop.eu")
        cost = usd(next(one for one in grouped.functions if one.profile.name == "checkout").cost)
        for text, written in (
            ("shop.eu costs {owners.shop%2Eeu.cost}.", f"shop.eu costs {cost} a month."),
            (
                "The functions of shop.eu cost {owners.shop%2Eeu.cost}.",
                f"The functions of shop.eu cost {cost} a month.",
            ),
            ("{owners.shop%2Eeu.name} costs {owners.shop%2Eeu.cost}.", f"\u201cshop.eu\u201d costs {cost} a month."),
            ("A team costs {owners.shop%2Eeu.cost}.", f"A team costs {cost} a month (owner \u201cshop.eu\u201d)."),
            ("It has {owners.shop%2Eeu.functions}.", "It has 1 function (owner \u201cshop.eu\u201d)."),
            ("{owners.shop%2Eeu.changes} on {owners.shop%2Eeu.largest-saving}.", "2 changes"),
        ):
            assert written in filled(grouped, text).summary
        others = filled(grouped, "The others cost nothing. It is {owners.(untagged).cost}.").summary
        assert others.endswith(" a month (cost of functions without an owner).")

    @pytest.mark.parametrize(
        "text",
        [
            "shop.eu costs {owners.(untagged).cost}.",
            "The team shop.eu costs {account.cost}.",
            "The team shop.eu costs {owners.shop%2Eeu.saving}.",
            "forgotten costs {owners.shop%2Eeu.cost} of shop.eu.",
            "The account costs {owners.shop%2Eeu.cost}.",
        ],
    )
    def test_a_figure_of_an_owner_is_not_published_as_another(self, text):
        with pytest.raises(UntrueNarrativeError):
            filled(self.grouped("shop.eu"), text)

    @pytest.mark.parametrize(
        "tag", ["shop", "team-42", "4711", "Platform & Co".replace("& ", ""), "eu/shop", "a@example.com"]
    )
    def test_a_plain_tag_is_published_in_quotation_marks(self, tag):
        text = filled(self.grouped(tag), "checkout belongs to {checkout.owner}.").summary
        assert text == f"checkout belongs to \u201c{tag}\u201d."

    @pytest.mark.parametrize(
        "tag",
        [
            "saves $9,999",
            "shop saves 9999 USD",
            "saves nine thousand",
            "costs half",
            "shop\u201d saves \u201call",
            'shop" costs "$5',
            "shop\nThe account costs nothing",
            "sh\u202eop",
            "{account.saving}",
            "<b>shop</b>",
            "99%",
            " shop",
            "a" * 41,
        ],
    )
    @pytest.mark.parametrize("key", ["checkout.owner", "owners.{}.name", "owners.{}.cost"])
    def test_a_tag_that_could_read_as_a_statement_is_not_published(self, tag, key):
        key = key.format(keys.owner_handle(tag))
        text = filled(self.grouped(tag), f"checkout and its owner: {{checkout.cost}} and {{{key}}}.").summary
        assert "\u201c...\u201d" in text
        assert re.sub(r"\$98\.82 a month", "", text).isprintable()
        assert not re.search(r"\d", text.replace("$98.82", ""))

    def test_a_number_in_a_tag_does_not_stand_in_the_words(self):
        with pytest.raises(UntrueNarrativeError, match="is a number in the words"):
            filled(self.grouped("saves $9,999"), "The owner saves $9,999.")

    @given(one=st.text(max_size=60), other=st.text(max_size=60))
    def test_two_owners_never_have_the_same_key(self, one, other):
        handles = [keys.owner_handle(name) for name in (one, other, None)]
        assert len(set(handles)) == len({one, other, None})
        assert all(re.fullmatch(r"[\w%()~-]{1,40}", handle, re.ASCII) for handle in handles)


def test_every_leaf_of_every_tool_result_has_its_path_as_its_key():
    documents = [
        summaries.functions(ASSESSMENT.facts),
        summaries.usage(ASSESSMENT),
        summaries.savings(ASSESSMENT),
        summaries.inspection(ASSESSMENT.functions, ASSESSMENT),
    ]

    def leaves(node, path):
        for name, value in node.items():
            if isinstance(value, dict):
                yield from leaves(value, [*path, name])
            elif value not in (None, "") and not isinstance(value, list):
                yield ".".join([*path, name]), value

    found = [leaf for document in documents for leaf in leaves(json.loads(json.dumps(document)), [])]
    assert len(found) > 150
    assert all(FIGURES.get(key).value == value for key, value in found)


def test_every_finding_has_a_path():
    assert sorted(FINDINGS.values()) == sorted(finding.identifier for finding in ASSESSMENT.findings)


@pytest.mark.slow
def test_a_thousand_functions_are_checked_in_seconds():
    many = [healthy(name=f"f{number:04d}", architecture=Architecture.X86_64) for number in range(1_000)]
    assessment = estate.assess(facts(*many))
    began = time.process_time()
    with pytest.raises(UntrueNarrativeError, match=r"\{f0001\.cost\}"):
        filled(assessment, "f0001 costs {f0001.costs}. " + "It saves {f0002.savin}. " * 20)
    assert time.process_time() - began < 10


def test_every_key_is_documented():
    text = (Path(__file__).resolve().parents[4] / "docs" / "figures.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"[.]([a-z0-9-]+)`", text))
    assert {figure.meaning for figure in FIGURES if figure.kind is not Kind.EVIDENCE} <= documented
