"""The tools as the model sees them: descriptions, parameters, results and their size."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from agent.analyst.account.collector import Collector
from agent.analyst.account.reading import Reading
from agent.analyst.account.saved_facts import VERSION, SavedFacts
from agent.analyst.analysis import estate
from agent.analyst.analysis.profile import Architecture
from agent.analyst.narrative import narrative
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.archive import Archive
from agent.analyst.report.document import usd
from agent.analyst.report.objects import FolderObjects
from agent.analyst.report_job import ReportJob
from agent.analyst.tools import toolbox
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
        return self.answer("inspect_functions", names=list(names), tool_context=self.context)

    def save(self, summary, remarks=None):
        return self.answer("save_report", summary=summary, remarks=remarks or {}, tool_context=self.context)


@pytest.fixture
def tools(tmp_path):
    return Toolbox(FACTS, tmp_path)


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
    assert listed["functions"] == 5
    assert listed["architectures"] == {"arm64": 4, "x86_64": 1}
    assert listed["most_memory"][0] == {"function": "checkout", "memory_mb": 3_008}
    assert listed["gaps"][0]["source"] == "logs:FilterLogEvents"


def test_usage_names_the_most_expensive_functions_and_missing_data(tools):
    usage = tools.answer("read_usage")
    assert usage["monthly_cost"] == usd(tools.assessment.cost)
    assert usage["most_expensive"][0]["function"] == "checkout"
    assert {"function": "unread", "usage": "could not be read"}.items() <= usage["most_expensive"][-1].items()


def test_savings_are_those_of_the_assessment(tools):
    savings = tools.answer("find_savings")
    assert savings["monthly_saving"] == usd(tools.assessment.saving)
    assert [one["monthly_saving"] for one in savings["saving_by_rule"]] == [
        usd(saving) for saving in tools.assessment.saving_by_rule.values()
    ]
    assert {one["id"] for one in savings["opportunities"]} < {
        finding.identifier for finding in tools.assessment.findings
    }


def test_an_inspection_returns_evidence_and_formula(tools):
    [function] = tools.inspect("checkout")["functions"]
    assert function["highest_memory_used_mb"] == 400
    assert [finding["id"].partition(":")[0] for finding in function["findings"]] == ["memory-excess", "architecture"]
    assert all(finding["formula"] and finding["evidence"] for finding in function["findings"])


def test_an_unknown_function_is_an_error_that_names_it(tools):
    with pytest.raises(ValueError, match="There is no function nowhere: use names that other tools returned"):
        tools.inspect("checkout", "nowhere")


def test_the_first_cost_that_is_returned_is_the_cost_of_the_report(tools):
    """Log costs are part of it, so logs are read before a cost is returned."""
    unread = facts(*(replace(profile, log_group=None) for profile in FACTS.profiles))
    collector = SimpleNamespace(read_usage=lambda: unread, read_logs=lambda: FACTS)
    built = {tool.tool_name: tool for tool in toolbox.build(replace(tools.job, collector=collector))}
    assert json.loads(built["read_usage"]())["monthly_cost"] == usd(tools.assessment.cost)


def test_figures_of_an_inspected_function_are_accepted_without_its_name(tools):
    with pytest.raises(UntrueNarrativeError, match="'30 s'"):
        tools.save("One of them has a timeout of 30 s.")
    tools.inspect("checkout")
    assert tools.save("One of them has a timeout of 30 s.")["saved"]


def test_undecided_rules_are_returned(tools):
    unread = {"issue": "Idle functions", "functions_not_judged": 1, "reason": "its usage could not be read"}
    assert unread in tools.answer("find_savings")["not_judged"]
    [function] = tools.inspect("unread")["functions"]
    assert "Idle functions: its usage could not be read" in function["undecided"]


def test_all_findings_are_counted_by_rule(tools):
    counted = tools.answer("find_savings")["findings_by_rule"]
    assert sum(counted.values()) == len(tools.assessment.findings)
    assert counted["deprecated-runtime"] == 1


def test_a_report_is_saved_and_recorded_in_the_state(tools):
    saved = tools.save(f"All costs {usd(tools.assessment.cost)}.")
    assert saved == {"saved": tools.objects.uri("reports/session/attempt-1/report.html")}
    assert tools.state[REPORT_STATE]["uri"] == saved["saved"]
    assert tools.state[REPORT_STATE]["summary"] == f"All costs {usd(tools.assessment.cost)}."


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
    assert tools.state[REPORT_STATE]["summary"] == narrative.computed(tools.assessment).summary


def test_an_inspection_that_finds_more_returns_the_new_totals(tools):
    unsampled = facts(*(replace(profile, memory=None) for profile in FACTS.profiles))
    collector = SimpleNamespace(known=unsampled)

    def read_memory(names=None):
        collector.known = FACTS if names else collector.known
        return collector.known

    collector.read_memory = read_memory
    built = {tool.tool_name: tool for tool in toolbox.build(replace(tools.job, collector=collector))}
    before = json.loads(built["find_savings"]())["monthly_saving"]
    totals = json.loads(built["inspect_functions"](names=["checkout"], tool_context=tools.context))["account"]
    after = json.loads(built["find_savings"]())
    assert before != totals["monthly_saving"] == after["monthly_saving"] == usd(tools.assessment.saving)
    assert totals["saving_share"] == after["saving_share"]
    assert "replace those that find_savings returned" in built["inspect_functions"].tool_spec["description"]


@pytest.mark.parametrize("tool", ["list_functions", "read_usage", "find_savings"])
def test_results_for_a_thousand_functions_stay_short(tmp_path, tool):
    assert len(Toolbox(thousand(), tmp_path).tools[tool]()) < 12_000


def test_opportunities_that_are_not_listed_are_counted(tmp_path):
    savings = Toolbox(thousand(), tmp_path).answer("find_savings")
    assert len(savings["opportunities"]) == 25
    assert savings["opportunities_not_listed"] == 975


def test_at_most_ten_functions_are_inspected(tmp_path):
    names = [f"f{number:04d}" for number in range(50)]
    assert len(Toolbox(thousand(), tmp_path).inspect(*names)["functions"]) == 10


def test_the_published_text_is_the_text_that_was_checked(tools):
    figure = f"${tools.assessment.saving:,.2f}"
    hidden = figure[:2] + "\u200b\u034f\u3164" + figure[2:]
    finding = tools.assessment.findings[0].identifier
    tools.save(f"Changes would save {hidden} a month.\u202e", {finding: f"Of {hidden}.\u202e"})
    report = json.loads(tools.objects.get("reports/session/attempt-1/findings.json"))
    remarks = [found["remark"] for found in report["findings"] if found["id"] == finding]
    assert report["summary"] == f"Changes would save {figure} a month."
    assert remarks == [f"Of {figure}."]
