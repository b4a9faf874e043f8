from __future__ import annotations

import re

import botocore.session
import pytest

from components.naming import Names
from components.settings.problems import SettingsError


def test_a_name_contains_project_stack_and_part() -> None:
    names = Names(project="agent-runs", stack="dev")

    assert names.of("journal") == "agent-runs-dev-journal"
    assert names.runtime("agent") == "agent_runs_dev_agent"
    assert names.bucket("reports", account_id="123456789012", region="eu-west-1") == (
        "agent-runs-dev-reports-123456789012-eu-west-1"
    )


@pytest.mark.parametrize(
    ("project", "stack", "qualifier"),
    [
        ("agent-runs", "a-123456789-12c", ""),
        ("data-platform-service", "prod", ""),
        ("shop", "production", "right-size"),
    ],
)
def test_the_longest_names_that_are_accepted_still_fit_into_every_service(
    project: str, stack: str, qualifier: str
) -> None:
    names = Names(project=project, stack=stack, qualifier=qualifier)
    with pytest.raises(SettingsError):
        Names(project=project, stack=f"{stack}x", qualifier=qualifier)

    for region in regions():
        assert re.fullmatch(r"[a-z0-9.-]{3,63}", names.bucket("reports", account_id="123456789012", region=region))
    assert len(names.of("cancellation-requested")) <= 64, "a role's name"
    assert len(names.of("x" * 30)) <= 64, "a schedule's name"
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]{0,47}", names.runtime("agent"))


def regions() -> list[str]:
    session = botocore.session.get_session()
    return [
        r for partition in session.get_available_partitions() for r in session.get_available_regions("s3", partition)
    ]


@pytest.mark.parametrize(
    "project", ["Lambda_cost.optimizer-team-service", "cost.optimizer", "Shop", "data-platform-services"]
)
def test_a_project_whose_name_would_break_a_resource_is_refused_with_a_remedy(project: str) -> None:
    with pytest.raises(SettingsError, match=r"The project's name .* as 'name' in Pulumi.yaml") as caught:
        Names(project=project, stack="prod")

    assert len(caught.value.problems) == 1, "the stack is not to blame"


def test_the_names_of_another_agent_contain_its_qualifier() -> None:
    names = Names(project="agent-runs", stack="prod", qualifier="sizer")

    assert names.of("journal") == "agent-runs-prod-sizer-journal"
    assert names.runtime("agent") == "agent_runs_prod_sizer_agent"


@pytest.mark.parametrize("qualifier", ["Sizer", "right-sizing-all", "a_b"])
def test_a_qualifier_that_would_break_a_resource_is_refused_with_a_remedy(qualifier: str) -> None:
    with pytest.raises(SettingsError, match=r"The agent's qualifier .* Choose a short word such as sizer"):
        Names(project="agent-runs", stack="dev", qualifier=qualifier)


@pytest.mark.parametrize("stack", ["Dev", "1st", "far-too-long-for-a-bucket", "a.b", ""])
def test_a_stack_whose_name_would_break_a_resource_is_refused_with_a_remedy(stack: str) -> None:
    with pytest.raises(SettingsError, match="Choose a name such as dev or prod"):
        Names(project="agent-runs", stack=stack)
