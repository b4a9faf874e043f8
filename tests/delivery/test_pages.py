"""Every fenced block of the documentation is executed, or compared with what it shows, by the tests named here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT
from tests.delivery.pages import blocks, pages

COMMANDS = "tests/delivery/test_makefile.py"
LAYOUT = "tests/delivery/test_layout.py"
AGENTS = "tests/delivery/test_own_agents.py"
ANALYSIS = "tests/local/commands/test_analyse.py"
OPERATING = "tests/local/test_operating.py"
BOOTSTRAP = "tests/engine/test_bootstrap.py::test_the_account_is_previewed_and_deployed"

# For each page: a part that only one block has, and the tests that read this block.
CLAIMS: dict[str, dict[str, set[str]]] = {
    "README.md": {
        "EventBridge Scheduler ──┐": {f"{LAYOUT}::test_the_diagram_names_what_the_stack_has"},
        "make run": {f"{COMMANDS}::test_the_commands_of_the_quick_start_run"},
        "emulated account at": {"tests/local/commands/test_run.py::test_the_readme_shows_what_a_run_prints"},
        "runs list": {
            "tests/local/up/test_up.py"
            "::test_a_stack_in_the_foreground_shows_new_runs_and_a_lost_agent_and_leaves_nothing"
        },
        "pulumi up": {
            "tests/engine/test_readme.py::test_the_commands_deploy_the_stack_whose_bus_gets_the_event",
            "tests/local/test_stack.py::test_the_command_of_the_readme_requests_a_run",
        },
        "A whole agent in one file": {f"{AGENTS}::test_the_readme_shows_the_minimal_agent_whole"},
        "components/events/": {f"{LAYOUT}::test_the_layout_has_every_folder"},
        "__main__.py, Pulumi*.yaml": {f"{LAYOUT}::test_the_layout_has_every_folder"},
    },
    "CONTRIBUTING.md": {
        "make setup": {f"{COMMANDS}::test_the_commands_for_contributors_run"},
        "make test-fast": {f"{COMMANDS}::test_the_commands_for_contributors_run"},
    },
    "bootstrap/README.md": {
        "make setup": {BOOTSTRAP},
        "for stack in dev": {BOOTSTRAP},
        "pulumi login --local": {BOOTSTRAP},
        'pulumi stack init "$stack"': {BOOTSTRAP},
        "github_variables": {BOOTSTRAP},
        "put-resource-policy": {BOOTSTRAP},
    },
    "docs/live-analysis.md": {
        "analyse --live\n": {f"{ANALYSIS}::test_each_command_of_the_guide_writes_a_report"},
        "analyse --live --profile": {f"{ANALYSIS}::test_each_command_of_the_guide_writes_a_report"},
        "ReadFunctions": {f"{ANALYSIS}::test_the_documented_policy_is_sufficient_for_an_analysis"},
        "ReadPrices": {f"{ANALYSIS}::test_the_statement_for_refreshed_prices_is_documented_apart"},
    },
    "docs/second-agent.md": {
        "The file that AgentCore starts": {f"{AGENTS}::test_the_second_agent_of_the_guide_completes_a_run"},
        "export_outputs(analyst, sizer)": {f"{AGENTS}::test_the_second_agent_of_the_guide_completes_a_run"},
        "--agent sizer": {f"{AGENTS}::test_the_commands_of_the_guide_run_each_agent_and_write_the_snapshots"},
        "pulumi package add": {"tests/engine/test_package.py::test_the_command_of_the_guide_names_the_package"},
        "agent-runs:FireAndForgetAgent": {"tests/engine/test_package.py::test_the_program_of_the_guide_is_deployed"},
    },
    "docs/operating.md": {
        "runs list --status failed": {
            f"{OPERATING}::test_the_documented_policy_is_sufficient_for_each_command_of_the_guide"
        },
        "$ runs start": {f"{OPERATING}::test_the_session_of_the_guide_prints_what_it_shows"},
        "ReadJournal": {f"{OPERATING}::test_the_documented_policy_is_sufficient_for_each_command_of_the_guide"},
    },
    "docs/unit-tests.md": {
        "test_a_queue_keeps": {"tests/delivery/test_guides.py::test_the_unit_tests_in_the_guide_pass"},
    },
}


@pytest.mark.parametrize("page", pages())
def test_each_block_is_claimed_once(page: str) -> None:
    claims = CLAIMS.get(page, {})
    found = [[part for part in claims if part in one] for one in blocks(page)]

    assert sorted(map(len, found)) == [1] * len(claims), f"{page}: name the test of each block in {__file__}"


def test_each_claim_names_a_test_whose_module_reads_the_block() -> None:
    modules = {path: _read(path) for path in sorted((PROJECT / "tests").rglob("test_*.py"))}
    for page, claims in CLAIMS.items():
        for part, claimed in claims.items():
            readers = {path for path, read in modules.items() if {(page, part), (page, None)} & read}
            assert readers >= {PROJECT / name.partition("::")[0] for name in claimed}, (page, part)
            for name in claimed:
                path, _, test = name.partition("::")
                assert f"\ndef {test}(" in (PROJECT / path).read_text(), name


def _read(path: Path) -> set[tuple[str, str | None]]:
    """Return the blocks that a module reads: the page of each, and the part; None stands for all blocks of the page."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [
        call for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"block", "blocks", "files_shown"}
    ]
    literal = [[one.value for one in call.args if isinstance(one, ast.Constant)] for call in named]
    return {(values[0], (*values, None)[1]) for values in literal if values}


def test_the_readme_stays_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) <= 250
