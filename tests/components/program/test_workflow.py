"""The state machines of the whole program."""

from __future__ import annotations

import pytest

from tests.components.recorded import Recording

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


def test_all_state_machines_have_logs_without_data_and_traces(deployed: Recording) -> None:
    machines = deployed.of("StateMachine")

    assert len(machines) == 3
    for machine in machines:
        assert machine["type"] == "STANDARD"
        assert machine["tracingConfiguration"] == {"enabled": True}
        logging = machine["loggingConfiguration"]
        assert (logging["level"], logging["includeExecutionData"]) == ("ALL", False)
        assert logging["logDestination"].endswith(f":log-group:/aws/vendedlogs/states/{machine['name']}:*")


def test_the_workflow_uses_the_resources_of_its_stack(deployed: Recording) -> None:
    definition = deployed.one("StateMachine", "workflow")["definition"]

    for name in ("start", "stop"):
        assert f"function:{deployed.outputs[f'{name}_function_name']}" in definition
    assert deployed.outputs["journal_table_name"] in definition
    assert deployed.outputs["event_bus_name"] in definition
