"""What every state machine must fulfil."""

import json
import re

import pytest
from statelint.config import Config
from statelint.linter import Linter

from components.workflow.definitions import states
from tests.components import asl
from tests.components.workflow.definitions.machines import DEFINITIONS


@pytest.mark.parametrize("machine", DEFINITIONS.values(), ids=DEFINITIONS)
class TestEveryStateMachine:
    def test_passes_the_linter(self, machine):
        linted = json.loads(json.dumps(machine))
        for state in linted["States"].values():
            if state["Type"] == "Wait":  # the linter does not accept an expression for Seconds; Step Functions does
                state["Seconds"] = 1
            for choice in state.get("Choices", []):  # the linter refuses a condition whose value it can compute
                choice["Condition"] = "{% $states.input %}"
        assert Linter.validate(linted, Config(evaluate_jsonata=True)) == []

    def test_has_only_expressions_that_compile(self, machine):
        for expression in asl.expressions(machine):
            asl.expression(expression)

    def test_has_no_transition_to_a_missing_state_and_no_unreachable_state(self, machine):
        reached, ahead = set(), {machine["StartAt"]}
        while ahead:
            name = ahead.pop()
            reached.add(name)
            ahead |= asl.successors(machine["States"][name]) - reached
        assert reached == set(machine["States"])

    def test_assigns_no_variable_that_another_entry_of_the_same_assign_reads(self, machine):
        for name, state in machine["States"].items():
            for rule in [state, *state.get("Choices", []), *state.get("Catch", [])]:
                assigned = rule.get("Assign", {})
                for variable, value in assigned.items():
                    read = {n for e in asl.expressions(value) for n in re.findall(r"\$(\w+)", e)}
                    assert not read & (set(assigned) - {variable}), f"{name} assigns {variable}"

    def test_gives_every_task_a_timeout_and_retries(self, machine):
        for state in machine["States"].values():
            if state["Type"] == "Task":
                assert 0 < state["TimeoutSeconds"] <= states.START_TASK_SECONDS
                assert any(retrier.get("JitterStrategy") == "FULL" for retrier in state["Retry"])
