"""What the step of a tool call records about paid requests to AWS."""

from strands.hooks import AfterToolCallEvent, HookRegistry

from agent.harness.hooks import StepRecorder
from agent.harness.schema import StepAttribute


class Steps:
    """A destination that keeps the attributes of the steps."""

    def __init__(self):
        self.attributes = []

    def record_step(self, number, step, *, retention_seconds):  # noqa: ARG002
        self.attributes.append(step.attributes())


def test_paid_requests_are_recorded_once_with_the_step_of_their_tool():
    steps, registry = Steps(), HookRegistry()
    recorder = StepRecorder(steps, retention_seconds=60, report_progress=lambda _: None)
    recorder.register_hooks(registry)

    def end_tool(name):
        registry.invoke_callbacks(
            AfterToolCallEvent(
                agent=None,
                selected_tool=None,
                tool_use={"toolUseId": "1", "name": name, "input": {}},
                invocation_state={},
                result={"toolUseId": "1", "status": "success", "content": []},
            )
        )

    recorder.count_metrics(500)
    recorder.count_metrics(2)
    recorder.count_cost_queries(1)
    end_tool("read_usage")
    end_tool("find_savings")

    usage, savings = steps.attributes
    assert (usage[StepAttribute.METRICS_ASKED], usage[StepAttribute.COST_QUERIES]) == (502, 1)
    assert not {StepAttribute.METRICS_ASKED, StepAttribute.COST_QUERIES} & savings.keys()
