import dataclasses

import pytest

from agent.harness.environment import HarnessSettings, SettingsError, read, read_with
from agent.harness.variables import Variable

ENVIRONMENT = {
    "JOURNAL_TABLE": "journal",
    "REPORT_BUCKET": "reports",
    "MODEL_ID": "model",
    "HEARTBEAT_SECONDS": "0.5",
    "LEASE_SECONDS": "60",
    "AGENT_DEADLINE_SECONDS": "600",
    "MODEL_RETRY_SECONDS": "180",
    "EXPECTED_SECONDS": "60",
    "MAX_TURNS": "10",
    "MAX_TOKENS": "1000",
    "MAX_PROMPT_CHARACTERS": "100",
    "JOURNAL_RETENTION_DAYS": "30",
}


def refuse(_environment):
    raise SettingsError(["COLOUR is 'loud': set red or blue"])


def test_each_variable_sets_the_field_of_the_same_name():
    settings = read(ENVIRONMENT)
    assert (settings.heartbeat_seconds, settings.max_turns, settings.journal_retention_days) == (0.5, 10, 30)
    assert {field.name.upper() for field in dataclasses.fields(HarnessSettings)} == set(Variable)


def test_an_unset_optional_variable_leaves_the_default():
    settings = read(ENVIRONMENT | {"LOG_LEVEL": ""})
    assert (settings.model_factory, settings.log_level) == ("agent.harness.models:bedrock", "INFO")


def test_an_error_lists_all_problems_with_their_remedies():
    with pytest.raises(SettingsError) as raised:
        read(ENVIRONMENT | {"MODEL_ID": "", "MAX_TURNS": "2.5", "LEASE_SECONDS": "-1"})
    assert raised.value.problems == (
        "MODEL_ID is not set: set it in the agent runtime's environment",
        "LEASE_SECONDS is '-1': set a number above 0",
        "MAX_TURNS is '2.5': set a whole number above 0",
    )


def test_problems_of_the_harness_and_of_the_agent_are_listed_together():
    with pytest.raises(SettingsError, match="The agent cannot start") as raised:
        read_with(ENVIRONMENT | {"MODEL_ID": ""}, refuse)
    assert [problem.split()[0] for problem in raised.value.problems] == ["MODEL_ID", "COLOUR"]


def test_the_agents_own_settings_are_returned_with_the_harness_settings():
    assert read_with(ENVIRONMENT, lambda environment: environment["MODEL_ID"]) == (read(ENVIRONMENT), "model")


def test_a_temperature_of_zero_is_a_temperature():
    assert read(ENVIRONMENT | {"TEMPERATURE": "0"}).temperature == 0.0
    assert read(ENVIRONMENT).temperature is None


@pytest.mark.parametrize("text", ["warm", "1.5", "-0.1", "nan"])
def test_a_temperature_is_a_share(text):
    with pytest.raises(SettingsError, match=r"TEMPERATURE is '.*': set a number from 0 to 1"):
        read(ENVIRONMENT | {"TEMPERATURE": text})
