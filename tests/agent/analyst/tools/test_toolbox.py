"""The tools as the model sees them: descriptions, parameters, results and their size."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from agent.analyst import prompts
from agent.analyst.account.collector import Collector
from agent.analyst.account.reading import Reading
from agent.analyst.account.saved_facts import VERSION, SavedFacts
from agent.analyst.analysis import estate
from agent.analyst.analysis.profile import Architecture
from agent.analyst.narrative.computed import computed
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.archive import Archive
from agent.analyst.report.document import usd
from agent.analyst.report.objects import FolderObjects
from agent.analyst.report_job import ReportJob
from agent.analyst.tools import summaries, toolbox
from agent.analyst.tools.toolbox import MAX_REFUSALS, REPORT_STATE
from tests.agent.analyst.account.fakes import FakeClients
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH, healthy, used
from tests.agent.analyst.report.reports import FACTS, facts
from tests.agent.analyst.report.stores import MemoryStore


class Toolbox:
    """The tools on facts, without an account."""

    def __init__(self, known, folder):
        sampled = tuple(profile.key for profile in known.profiles)
        saved = SavedFacts(version=VERSION, facts=known, usage_read=True, logs_read=True, sampled=sampled)
        self.assessment = estate.assess(known)
        self.objects = FolderObjects(folder)
        self.job = ReportJob(
            collector=Collector(
                clients=FakeClients({}),
                regions=known.regions,
                window=HALF_A_MONTH,
                reading=Reading(stop=threading.Event(), seconds=60),
                store=MemoryStore(saved),
                report_progress=print,
            ),
            archive=Archive(self.objects, session_id="session", attempt=1),
            session_id="session",
            attempt=1,
            prompt="Analyse the account.",
            prompt_version="7",
            author="model",
            clock=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
        )
        self.tools = {tool.tool_name: tool for tool in toolbox.build(self.job)}
        self.state = {}

    @property
    def context(self):
        state = SimpleNamespace(get=self.state.get, set=self.state.__setitem__)
        return SimpleNamespace(agent=SimpleNamespace(state=state))

    def answer(self, name, **given):
        return json.loads(self.tools[name](**given))

    def inspect(self, *names):
        return self.answer("inspect_functions", names=list(names))

    def save(self, summary, remarks=None):
        return self.answer("save_report", summary=summary, remarks=remarks or {}, tool_context=self.context)


@pytest.fixture
def tools(tmp_path):
    return Toolbox(FACTS, tmp_path)


@pytest.fixture(scope="module")
def tools_of_a_thousand(tmp_path_factory):
    """Return the tools on a thousand functions, for tests that save nothing."""
    return Toolbox(thousand(), tmp_path_factory.mktemp("thousand"))


def thousand():
    return facts(
        *(
            healthy(
                name=f"f{number:04d}",
                architecture=Architecture.X86_64,
                runtime="python3.8",
                usage=used(invocations=1_000_000 + number),
            )
            for number in range(1_000)
        ),
        gaps=(),
    )


def test_every_tool_has_a_description(tools):
    for tool in tools.tools.values():
        assert len(tool.tool_spec["description"]) > 80


def test_the_model_passes_neither_the_run_nor_the_time(tools):
    given = {name: set(tool.tool_spec["inputSchema"]["json"]["properties"]) for name, tool in tools.tools.items()}
    assert given == {
        "list_functions": set(),
        "read_usage": set(),
        "find_savings": set(),
        "inspect_functions": {"names"},
        "save_report": {"summary", "remarks"},
    }


def test_functions_are_counted(tools):
    listed = tools.answer("list_functions")
    assert listed["account"]["functions"] == 5
    assert listed["account"]["arm64"] == {"functions": 4}
    assert listed["account"]["x86_64"] == {"functions": 1}
    assert list(listed.items())[1] == ("checkout", {"memory": "3,008 MB"})
    assert listed["gaps"][0]["source"] == "logs:FilterLogEvents"


def test_usage_names_the_most_expensive_functions_and_missing_data(tools):
    usage = tools.answer("read_usage")
    assert usage["account"]["cost"] == usd(tools.assessment.cost)
    assert list(usage)[:2] == ["account", "checkout"]
    assert usage["unread"] == {"memory": "1,024 MB", "usage": "could not be read, so its cost is not known"}


def test_savings_are_those_of_the_assessment(tools):
    savings = tools.answer("find_savings")
    account = savings["account"]
    assert account["saving"] == usd(tools.assessment.saving)
    by_rule = {rule: one["saving"] for rule, one in account.items() if isinstance(one, dict) and "saving" in one}
    assert by_rule == {rule: usd(saving) for rule, saving in tools.assessment.saving_by_rule.items()}
    assert [path for path in savings if "saving" in savings[path]][1:] == [
        "checkout.memory-excess",
        "forgotten.idle",
        "checkout.architecture",
    ]


def test_cost_and_saving_are_returned_by_owner_only_if_functions_are_grouped():
    owned = tuple(replace(one, owner="shop" if one.name == "checkout" else None) for one in FACTS.profiles)
    grouped = estate.assess(replace(FACTS, profiles=owned, group_by_tag="team"))
    by_owner = summaries.savings(grouped)["owners"]
    assert list(by_owner) == ["shop", "(untagged)"]
    assert (by_owner["shop"]["functions"], by_owner["shop"]["largest-saving"]) == (1, "checkout")
    assert by_owner["(untagged)"]["functions"] == 4
    (checkout,) = [one for one in grouped.functions if one.profile.name == "checkout"]
    assert summaries.inspection([checkout], grouped)["checkout"]["owner"] == "shop"
    assert "owners" not in summaries.savings(estate.assess(FACTS))


def test_an_inspection_returns_evidence_and_formula(tools):
    inspected = tools.inspect("checkout")
    assert list(inspected) == ["account", "checkout", "checkout.memory-excess", "checkout.architecture"]
    assert inspected["checkout"]["memory-used"] == "400 MB"
    assert inspected["checkout.memory-excess"]["highest-memory-used"] == "400 MB in 200 sampled runs"
    assert "GB-s" in inspected["checkout.memory-excess"]["formula"]


def test_an_unknown_function_is_an_error_that_names_it(tools):
    with pytest.raises(ValueError, match="There is no function nowhere: use names that other tools returned"):
        tools.inspect("checkout", "nowhere")


def test_the_first_cost_that_is_returned_is_the_cost_of_the_report(tools):
    """Log costs are part of it, so logs are read before a cost is returned."""
    unread = facts(*(replace(profile, log_group=None) for profile in FACTS.profiles))
    collector = SimpleNamespace(read_usage=lambda: unread, read_logs=lambda: FACTS)
    built = {tool.tool_name: tool for tool in toolbox.build(replace(tools.job, collector=collector))}
    assert json.loads(built["read_usage"]())["account"]["cost"] == usd(tools.assessment.cost)


def test_functions_of_the_same_name_can_be_inspected_with_their_region(tmp_path):
    abroad = replace(FACTS.profiles[0], region="eu-west-1")
    tools = Toolbox(replace(facts(FACTS.profiles[0], abroad), regions=("us-east-1", "eu-west-1")), tmp_path)
    assert "eu-west-1/checkout.memory-excess" in tools.inspect("eu-west-1/checkout")
    assert {"us-east-1/checkout", "eu-west-1/checkout"} <= set(tools.inspect("checkout"))


def test_undecided_rules_are_returned(tools):
    savings = tools.answer("find_savings")
    assert savings["account"]["idle"]["not-judged"] == 1
    assert "idle: its usage could not be read" in savings["not_judged"]
    assert "idle: its usage could not be read" in tools.inspect("unread")["unread"]["undecided"]


def test_all_findings_are_counted_by_rule(tools):
    account = tools.answer("find_savings")["account"]
    counted = {rule: one["findings"] for rule, one in account.items() if isinstance(one, dict) and "findings" in one}
    assert sum(counted.values()) == len(tools.assessment.findings)
    assert counted["deprecated-runtime"] == 1


def test_a_report_is_saved_and_recorded_in_the_state(tools):
    saved = tools.save("The account costs {account.cost}.")
    assert saved == {"saved": tools.objects.uri("reports/session/attempt-1/report.html")}
    assert tools.state[REPORT_STATE]["uri"] == saved["saved"]
    assert tools.state[REPORT_STATE]["summary"] == f"The account costs {usd(tools.assessment.cost)} a month."


def test_a_report_with_a_wrong_figure_is_neither_saved_nor_recorded(tools):
    with pytest.raises(UntrueNarrativeError):
        tools.save("All costs $123.45.")
    assert tools.objects.get("reports/session/attempt-1/report.html") is None
    assert REPORT_STATE not in tools.state


def test_text_that_is_refused_too_often_is_replaced_with_a_computed_summary(tools):
    for _ in range(MAX_REFUSALS - 1):
        with pytest.raises(UntrueNarrativeError):
            tools.save("All costs $123.45.")
    answer = tools.save("All costs $123.45.")
    assert answer["saved"] == tools.objects.uri("reports/session/attempt-1/report.html")
    assert "your text was refused too often" in answer["summary"]
    assert tools.state[REPORT_STATE]["summary"] == computed(tools.assessment).summary


def test_an_inspection_that_finds_more_returns_the_new_totals(tools):
    unsampled = facts(*(replace(profile, memory=None) for profile in FACTS.profiles))
    collector = SimpleNamespace(known=unsampled)

    def read_memory(names=None):
        collector.known = FACTS if names else collector.known
        return collector.known

    collector.read_memory = read_memory
    built = {tool.tool_name: tool for tool in toolbox.build(replace(tools.job, collector=collector))}
    before = json.loads(built["find_savings"]())["account"]
    totals = json.loads(built["inspect_functions"](names=["checkout"]))["account"]
    after = json.loads(built["find_savings"]())["account"]
    assert before["saving"] != totals["saving"] == after["saving"] == usd(tools.assessment.saving)
    assert totals["saving-share"] == after["saving-share"]
    assert "replace those that find_savings returned" in built["inspect_functions"].tool_spec["description"]


# The characters of the prompt, the tools' descriptions and their results before figures had keys.
WITHOUT_KEYS = {"few": 15_891, "thousand": 29_264}


@pytest.mark.parametrize(
    ("known", "inspected", "before"),
    [
        (FACTS, ["checkout", "forgotten", "roomy", "old"], WITHOUT_KEYS["few"]),
        (thousand(), [f"f{number:04d}" for number in range(5)], WITHOUT_KEYS["thousand"]),
    ],
    ids=list(WITHOUT_KEYS),
)
@pytest.mark.slow
def test_keys_are_cheap(tmp_path, known, inspected, before):
    tools = Toolbox(known, tmp_path)
    specs = sum(len(json.dumps(tool.tool_spec)) for tool in tools.tools.values())
    results = sum(len(tools.tools[name]()) for name in ("list_functions", "read_usage", "find_savings"))
    results += len(tools.tools["inspect_functions"](names=inspected))
    assert len(prompts.load("analyst").text) + specs + results < 1.15 * before


def test_a_key_has_the_value_of_the_last_assessment(tools):
    """A conversation is continued after a take-over, and its first totals may be out of date."""
    unsampled = facts(*(replace(profile, memory=None) for profile in FACTS.profiles))
    collector = SimpleNamespace(read_memory=lambda: unsampled)
    job = replace(tools.job, collector=collector)
    before = json.loads({tool.tool_name: tool for tool in toolbox.build(job)}["find_savings"]())["account"]["saving"]
    tools.save("The changes would save {account.saving}.")
    assert before not in tools.state[REPORT_STATE]["summary"]
    assert usd(tools.assessment.saving) in tools.state[REPORT_STATE]["summary"]


@pytest.mark.parametrize("tool", ["list_functions", "read_usage", "find_savings"])
def test_results_for_a_thousand_functions_stay_short(tools_of_a_thousand, tool):
    assert len(tools_of_a_thousand.tools[tool]()) < 12_000


def test_opportunities_that_are_not_listed_are_counted(tools_of_a_thousand):
    savings = tools_of_a_thousand.answer("find_savings")
    assert sum("saving" in one for path, one in savings.items() if path.endswith(".architecture")) == 25
    assert savings["account"]["changes-not-listed"] == 975


def test_at_most_ten_functions_are_inspected(tools_of_a_thousand):
    names = [f"f{number:04d}" for number in range(50)]
    assert len(tools_of_a_thousand.inspect(*names).keys() & set(names)) == 10


def test_the_published_text_is_the_text_that_was_checked(tools):
    finding = tools.assessment.findings[0]
    hidden = "{checkout.memory-excess.\u200b\u034f\u3164saving}"
    tools.save(
        "The changes would **save** {account.\u200b\u034f\u3164saving} a month.\u202e",
        {"checkout.memory-excess": f"It saves {hidden}.\u202e"},
    )
    report = json.loads(tools.objects.get("reports/session/attempt-1/findings.json"))
    remarks = [found["remark"] for found in report["findings"] if found["id"] == finding.identifier]
    assert report["summary"] == f"The changes would save {usd(tools.assessment.saving)} a month."
    assert remarks == [f"It saves {usd(finding.saving)} a month."]
