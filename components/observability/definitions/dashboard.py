"""The dashboard of one agent's runs, as a pure function from its inputs to the body for CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.harness.telemetry import NAMESPACE, RUN_COST, StartOutcome
from components.observability.definitions import log_queries, metrics
from costs.models import CACHE_READ, CACHE_WRITE

Widget = dict[str, Any]

_PERIOD_SECONDS = 3_600
_WIDTH, _HEIGHT = 12, 6


@dataclass(frozen=True, kw_only=True)
class View:
    """Inputs of the dashboard.

    Attributes:
        region: The region of all resources.
        prefix: The prefix of the names of the agent's resources.
        state_machine_arn: The state machine of runs.
        workflow_log_group: The log group of that state machine.
        start_function_name: Name of the function that starts sessions.
        stop_function_name: Name of the function that stops sessions and writes what a run has cost.
        agent_runtime_arn: The agent's runtime on AgentCore.
        evaluation_config_id: The configuration of AgentCore's evaluation; None without evaluators.
        alarm_arns: ARNs of the alarms.
        lease_seconds: Duration of a lease.
        input_token_price: USD for a million tokens that the model reads without its cache; None if unknown.
        output_token_price: USD for a million tokens that the model writes; None if unknown.
    """

    region: str
    prefix: str
    state_machine_arn: str
    workflow_log_group: str
    start_function_name: str
    stop_function_name: str
    agent_runtime_arn: str
    evaluation_config_id: str | None
    alarm_arns: Sequence[str]
    lease_seconds: int
    input_token_price: float | None
    output_token_price: float | None


def dashboard(view: View) -> dict[str, Any]:
    """Build the body: first alarms, then outcomes, durations, costs and attempts of runs, and AgentCore."""
    widgets = [
        _alarms(view),
        _runs_by_outcome(view),
        _durations(view),
        _waiting_and_work(view),
        _tokens(view),
        *_model_cost(view),
        _run_cost(view),
        _attempts(view),
        _lease_margin(view),
        _agentcore(view),
        _failures(view),
        *_scores(view),
    ]
    places = [{"x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT} for index in range(len(widgets))]
    return {
        "start": "-P7D",
        "widgets": [
            {**widget, **place, "width": _WIDTH, "height": _HEIGHT}
            for widget, place in zip(widgets, places, strict=True)
        ],
    }


def _graph(view: View, title: str, series: Sequence[Any], **properties: Any) -> Widget:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "region": view.region,
            "view": "timeSeries",
            "period": _PERIOD_SECONDS,
            "metrics": list(series),
            **properties,
        },
    }


def _run_metric(view: View, name: str, stat: str, **options: Any) -> list[Any]:
    return [metrics.namespace(view.prefix), name, {"stat": stat, **options}]


def _execution_time(view: View, stat: str, **options: Any) -> list[Any]:
    return ["AWS/States", "ExecutionTime", "StateMachineArn", view.state_machine_arn, {"stat": stat, **options}]


def _alarms(view: View) -> Widget:
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": list(view.alarm_arns)}}


def _runs_by_outcome(view: View) -> Widget:
    outcomes: Mapping[str, tuple[str, str]] = {
        metrics.RUNS_COMPLETED: ("completed", "#2ca02c"),
        metrics.RUNS_CANCELLED: ("cancelled", "#7f7f7f"),
        metrics.RUNS_FAILED: ("failed", "#d62728"),
        metrics.RUNS_LOST: ("lost", "#9467bd"),
    }
    series = [_run_metric(view, name, "Sum", label=label, color=color) for name, (label, color) in outcomes.items()]
    return _graph(view, "Runs by outcome", series, stacked=True)


def _durations(view: View) -> Widget:
    return _graph(
        view,
        "Duration of runs, from request to outcome (ms)",
        [_execution_time(view, stat, label=stat) for stat in ("p50", "p90", "p99")],
    )


def _waiting_and_work(view: View) -> Widget:
    return _graph(
        view,
        "Waiting and work (mean, s)",
        [
            _execution_time(view, "Average", id="whole", visible=False),
            _run_metric(view, metrics.WORK_SECONDS, "Average", id="work", label="work of the agent"),
            [{"expression": "whole / 1000 - work", "label": "waiting for start, polling and outcome", "id": "wait"}],
        ],
        stacked=True,
    )


def _tokens(view: View) -> Widget:
    return _graph(
        view,
        "Tokens",
        [
            _run_metric(view, name, "Sum", label=label)
            for name, label in {
                metrics.INPUT_TOKENS: "read",
                metrics.CACHE_READ_TOKENS: "read from the cache",
                metrics.CACHE_WRITE_TOKENS: "written to the cache",
                metrics.OUTPUT_TOKENS: "written",
            }.items()
        ],
        stacked=True,
    )


def _run_cost(view: View) -> Widget:
    def cost(stat: str, label: str) -> list[Any]:
        return [NAMESPACE, RUN_COST, "service", view.stop_function_name, {"stat": stat, "label": label}]

    return _graph(view, "Cost of ended runs (USD, estimate)", [cost("Sum", "all runs"), cost("Average", "per run")])


def _model_cost(view: View) -> Sequence[Widget]:
    if view.input_token_price is None or view.output_token_price is None:
        return []
    ended = [metrics.RUNS_COMPLETED, metrics.RUNS_FAILED, metrics.RUNS_CANCELLED, metrics.RUNS_LOST]
    # Attempts before the cache was counted have no value for it.
    read = f"(read + {CACHE_READ} * FILL(cache_read, 0) + {CACHE_WRITE} * FILL(cache_written, 0))"
    cost = f"({read} * {view.input_token_price} + written * {view.output_token_price}) / 1000000"
    return [
        _graph(
            view,
            "Model cost (USD)",
            [
                _run_metric(view, metrics.INPUT_TOKENS, "Sum", id="read", visible=False),
                _run_metric(view, metrics.OUTPUT_TOKENS, "Sum", id="written", visible=False),
                _run_metric(view, metrics.CACHE_READ_TOKENS, "Sum", id="cache_read", visible=False),
                _run_metric(view, metrics.CACHE_WRITE_TOKENS, "Sum", id="cache_written", visible=False),
                *(
                    _run_metric(view, name, "Sum", id=f"ended{number}", visible=False)
                    for number, name in enumerate(ended)
                ),
                [{"expression": cost, "label": "all runs", "id": "cost"}],
                [
                    {
                        "expression": f"cost / ({' + '.join(f'ended{number}' for number in range(len(ended)))})",
                        "label": "per run",
                        "id": "per_run",
                    }
                ],
            ],
        )
    ]


def _attempts(view: View) -> Widget:
    def starts(outcome: StartOutcome) -> list[Any]:
        metric = [NAMESPACE, outcome.metric, "service", view.start_function_name]
        return [*metric, {"stat": "Sum", "label": f"starts {outcome}"}]

    return _graph(
        view,
        "Attempts",
        [
            *(starts(outcome) for outcome in StartOutcome),
            _run_metric(view, metrics.TAKE_OVERS, "Sum", label="take-overs"),
            _run_metric(view, metrics.MODEL_UNAVAILABLE, "Sum", label="handed back: model unavailable"),
        ],
    )


def _lease_margin(view: View) -> Widget:
    return _graph(
        view,
        "Lease time left at the latest renewal (minimum, s)",
        [_run_metric(view, metrics.LEASE_MARGIN_SECONDS, "Minimum", label="left")],
        annotations={
            "horizontal": [
                {"label": "full lease", "value": view.lease_seconds},
                {"label": "expired", "value": 0, "color": "#d62728"},
            ]
        },
    )


def _agentcore(view: View) -> Widget:
    def search(name: str) -> list[Any]:
        # AWS documents the metrics, but not their dimensions. Reports differ: Service and Resource
        # (Netflix-Skunkworks/iep-apps#721), or Operation, Name and Resource (aws/aws-cdk#38486). Each set counts every
        # invocation once, so the maximum of the sets is the number; their sum may be a multiple of it.
        found = f'Namespace="AWS/Bedrock-AgentCore" MetricName="{name}" "{view.agent_runtime_arn}"'
        return [{"expression": f"MAX(SEARCH('{found}', 'Sum', {_PERIOD_SECONDS}))", "label": name}]

    return _graph(
        view, "AgentCore", [search(name) for name in ("Invocations", "Throttles", "UserErrors", "SystemErrors")]
    )


def _failures(view: View) -> Widget:
    return {
        "type": "log",
        "properties": {
            "title": "Failed runs, latest first",
            "region": view.region,
            "view": "table",
            "query": f"SOURCE '{view.workflow_log_group}' | {log_queries.FAILED_RUNS}",
        },
    }


def _scores(view: View) -> Sequence[Widget]:
    if view.evaluation_config_id is None:
        return []
    # AWS documents the namespace (results-and-output.html in AgentCore's guide), but not the dimensions. AgentCore's
    # starter toolkit writes scores with these two, and with further ones that count each score again.
    schema = '{"Bedrock-AgentCore/Evaluations","onlineEvaluationConfigId","service.name"}'
    found = f'{schema} "onlineEvaluationConfigId"="{view.evaluation_config_id}"'
    return [
        _graph(
            view,
            "Scores of the evaluators (mean)",
            [[{"expression": f"SEARCH('{found}', 'Average', {_PERIOD_SECONDS})", "id": "scores"}]],
        )
    ]
