"""Tokens of a model call, from the provider's usage to the journal, the printed line and the bill."""

import dataclasses
import json

import pytest
from strands import Agent
from strands.types.exceptions import EventLoopException

from agent.harness.tokens import Tokens
from costs import models
from local.scripted_model import ScriptedModel
from tests.agent.harness.test_run import OUTCOME, runner  # noqa: F401 (a fixture)
from tests.costs import golden


class CachingModel(ScriptedModel):
    """Reports the tokens of the golden call for each call, as Amazon Bedrock does."""

    def get_config(self):
        return {"model_id": golden.MODEL_ID}

    async def stream(self, *arguments, **options):
        async for event in super().stream(*arguments, **options):
            yield {"metadata": {**event["metadata"], "usage": golden.BEDROCK_USAGE}} if "metadata" in event else event


def ask(task, **options):
    return Agent(model=CachingModel(), hooks=task.hooks, callback_handler=None)(task.prompt, **options)


def printed(capsys):
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "attempt-ended" in line]
    return {name: line[name] for name in golden.COUNTS}


def test_all_four_counts_reach_the_journal_the_printed_line_and_the_bill(runner, capsys):  # noqa: F811
    run = runner.carry_out(lambda task: ask(task) and OUTCOME)
    (step,) = runner.table.steps()

    assert {name: int(step[name]) for name in golden.COUNTS} == golden.COUNTS
    assert run["usage"] == {**golden.COUNTS, "turns": 1}
    assert printed(capsys) == golden.COUNTS
    assert models.total(models.bills([step]).values()).usd == golden.USD


def test_the_counts_of_an_outcome_replace_those_of_the_hooks(runner, capsys):  # noqa: F811
    outcome = dataclasses.replace(OUTCOME, usage={"input_tokens": 1})

    run = runner.carry_out(lambda task: ask(task) and outcome)

    assert run["usage"] == {**golden.COUNTS, "input_tokens": 1}
    assert printed(capsys) == {**golden.COUNTS, "input_tokens": 1}


def test_the_tokens_of_failed_work_are_printed(runner, capsys):  # noqa: F811
    def fails(task):
        ask(task)
        raise EventLoopException(ValueError("no more"))

    assert runner.carry_out(fails)["status"] == "FAILED"
    assert printed(capsys) == golden.COUNTS


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (golden.BEDROCK_USAGE, golden.TOKENS),
        ({"inputTokens": 7, "outputTokens": 2, "totalTokens": 9}, Tokens(read=7, written=2)),
        # OpenAI's models count the cached tokens within the input.
        (
            {"inputTokens": 25_300, "outputTokens": 200, "totalTokens": 25_500, "cacheReadInputTokens": 20_000},
            Tokens(read=5_300, written=200, cache_read=20_000),
        ),
    ],
)
def test_no_token_is_counted_twice(usage, tokens):
    assert Tokens.reported(usage) == tokens
    assert tokens.total == usage["totalTokens"]
