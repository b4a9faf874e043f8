"""The agent's bundle, started as AgentCore starts it, through a whole run in the emulated account."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agent.harness.schema import Attribute
from components.bundles.recipes import AGENT_ENTRY, AGENT_STARTER
from local import analyst_script, scripted_model
from local.runs import WorkflowRun
from local.stack import LocalStack, Options
from tests.artifacts.tools import bytecode_of

pytestmark = pytest.mark.local


class Collector(http.server.ThreadingHTTPServer):
    """A stand-in for X-Ray's endpoint for spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _CollectorHandler)
        self.bodies: list[bytes] = []

    def span_names(self) -> set[str]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return {
            span.name
            for request in requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        }


class _CollectorHandler(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def compiled(agent_folder: Path) -> dict[Path, int]:
    """Return the bytecode files of the bundle."""
    return bytecode_of(agent_folder)


@pytest.fixture(scope="module")
def stack(
    agent_folder: Path,
    compiled: dict[Path, int],  # noqa: ARG001 - read before the agent starts
    python: Path,
    collector: Collector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LocalStack]:
    """Return the emulated account, with the agent's bundle instead of the project's sources."""
    commands, model = tmp_path_factory.mktemp("commands"), tmp_path_factory.mktemp("model")
    (commands / "python3").symlink_to(python)
    (model / "local").mkdir()
    shutil.copy(scripted_model.__file__, model / "local")
    shutil.copytree(Path(analyst_script.__file__).parent, model / "local" / "analyst_script")
    environment = {
        "PATH": f"{agent_folder / 'bin'}:{commands}:/usr/bin:/bin",
        "PYTHONPATH": f"{agent_folder}:{model}",
        "MODEL_FACTORY": "local.scripted_model:create",
        # What AgentCore sets for an agent whose entry points begin with opentelemetry-instrument.
        "AGENT_OBSERVABILITY_ENABLED": "true",
        "OTEL_PYTHON_DISTRO": "aws_distro",
        "OTEL_PYTHON_CONFIGURATOR": "aws_configurator",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        # Nothing leaves this machine.
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{collector.server_port}/v1/traces",
        # An hour: the agent must export its spans when its session is stopped.
        "OTEL_BSP_SCHEDULE_DELAY": "3600000",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
    }
    # AgentCore has the interpreter run an entry point that is a Python file.
    command = ["env", "-C", str(agent_folder), AGENT_STARTER, "python3", AGENT_ENTRY]
    options = Options(
        state=tmp_path_factory.mktemp("state"),
        # A session of V2 is a fork of the project's own interpreter, and this one has the bundle's.
        config={"agent-runs:platformVersion": "V1"},
        agent_command=command,
        agent_environment=environment,
    )
    with LocalStack(options) as stack:
        stack.deploy()
        stack.fill_estate()
        yield stack


@pytest.fixture(scope="module")
def run(stack: LocalStack) -> WorkflowRun:
    """Return a whole run, from the schedule's event to its outcome."""
    return stack.runs.wait(stack.runs.fire())


def test_a_run_of_the_bundle_ends_with_a_report(stack: LocalStack, run: WorkflowRun) -> None:
    assert (run.status, run.execution_status, run.error) == ("COMPLETED", "SUCCEEDED", None)
    files = stack.runs.fetch(run)
    assert set(files) == {"report.html", "report.md", "findings.csv", "findings.json"}
    assert json.loads(files["findings.json"].read_text())["gaps"] == []
    assert [record.end_reason for record in stack.data_plane.sessions()] == ["stopped"]


def test_the_log_holds_lines_of_json_that_name_the_session(stack: LocalStack, run: WorkflowRun) -> None:
    (record,) = stack.data_plane.sessions()
    text = record.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    assert "Traceback" not in text
    assert lines
    assert {line["sessionId"] for line in lines} == {run.session_id}


@pytest.mark.usefixtures("run")
def test_opentelemetry_exports_the_spans_of_the_run_without_grpc(collector: Collector, agent_folder: Path) -> None:
    names = collector.span_names()

    assert not (agent_folder / "grpc").exists()
    assert {"POST /invocations", "execute_tool list_functions", "DynamoDB.UpdateItem"} <= names
    assert not {name for name in names if "/ping" in name}


def test_no_span_contains_the_conversation(stack: LocalStack, run: WorkflowRun, collector: Collector) -> None:
    summary = json.loads(stack.runs.fetch(run)["findings.json"].read_text())["summary"]
    said = [run.item[Attribute.PROMPT], summary.splitlines()[0]]
    assert collector.bodies
    assert not [text for text in said for body in collector.bodies if text.encode() in body]


@pytest.mark.usefixtures("run")
def test_the_agent_compiles_nothing(agent_folder: Path, compiled: dict[Path, int]) -> None:
    assert compiled
    assert bytecode_of(agent_folder) == compiled
