"""The agent's runtime and the session functions of the whole program."""

from __future__ import annotations

import ast
import importlib.metadata

import pytest

from agent.harness import environment as agent_environment
from agent.harness.telemetry import NAMESPACE
from functions import environment as functions_environment
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


def test_the_runtime_has_the_environment_variables_that_the_agent_reads(deployed: Recording) -> None:
    runtime = deployed.one("AgentcoreAgentRuntime")

    settings = agent_environment.read(runtime["environmentVariables"])

    assert settings.journal_table == deployed.outputs["journal_table_name"]
    assert settings.report_bucket == deployed.outputs["report_bucket_name"]
    assert settings.lease_seconds == 120
    assert len(runtime["environmentVariables"]) <= 50, "the limit of AgentCore"


def test_the_agent_s_spans_go_to_its_own_log_group(deployed: Recording) -> None:
    runtime = deployed.one("AgentcoreAgentRuntime")
    adot = importlib.metadata.version("aws-opentelemetry-distro")

    assert runtime["environmentVariables"]["UNIFIED_TRACES_DESTINATION_ENABLED"] == "true"
    assert tuple(map(int, adot.split(".")[:2])) >= (0, 18), "earlier versions ignore the variable"


def test_the_agent_has_a_model_factory_only_if_one_is_set(dev: Recording) -> None:
    changed = recorded.run("dev", modelFactory="agent.harness.models:bedrock")

    assert "MODEL_FACTORY" not in dev.one("AgentcoreAgentRuntime")["environmentVariables"]
    variables = changed.one("AgentcoreAgentRuntime")["environmentVariables"]
    assert variables["MODEL_FACTORY"] == "agent.harness.models:bedrock"


def test_the_runtime_has_the_session_limits_of_the_budgets(deployed: Recording) -> None:
    (lifecycle,) = deployed.one("AgentcoreAgentRuntime")["lifecycleConfigurations"]

    assert lifecycle == {"idleRuntimeSessionTimeout": 300, "maxLifetime": 7200}


def test_the_agent_runs_in_the_subnets_of_the_settings_or_on_the_public_network(dev: Recording) -> None:
    subnets, groups = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], ["sg-0123456789abcdef0"]
    inside = recorded.run("dev", subnetIds=subnets, securityGroupIds=groups)

    assert dev.one("AgentcoreAgentRuntime")["networkConfiguration"] == {"networkMode": "PUBLIC"}
    assert inside.one("AgentcoreAgentRuntime")["networkConfiguration"] == {
        "networkMode": "VPC",
        "networkModeConfig": {"subnets": subnets, "securityGroups": groups},
    }


@pytest.mark.parametrize("verb", ["start", "stop"])
def test_the_functions_have_existing_handlers_and_the_variables_that_they_read(deployed: Recording, verb: str) -> None:
    function = deployed.one("Function", f"sessions-{verb}")
    module, _, handler = function["handler"].rpartition(".")
    tree = ast.parse((PROJECT / f"{module.replace('.', '/')}.py").read_text())

    assert handler in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    variables = function["environment"]["variables"]
    assert functions_environment.read(variables).agent_runtime_arn == deployed.outputs["agent_runtime_arn"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
    assert function["tracingConfig"] == {"mode": "Active"}
    assert function["loggingConfig"] == {"logFormat": "JSON", "logGroup": f"/aws/lambda/{function['name']}"}
    assert (function["architectures"], function["memorySize"]) == (["arm64"], 256)


def test_only_the_start_function_in_prod_has_reserved_concurrency(dev: Recording, prod: Recording) -> None:
    def reserved(recording: Recording) -> dict[str, object]:
        return {f.part: f.inputs.get("reservedConcurrentExecutions") for f in recording.of("Function")}

    assert reserved(dev) == {"sessions-start": None, "sessions-stop": None}
    assert reserved(prod) == {"sessions-start": 5, "sessions-stop": None}
