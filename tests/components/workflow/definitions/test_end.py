"""The states that announce an outcome."""

import json

import pytest

from components.settings.model import NotifyOn
from tests.components import asl
from tests.components.workflow.definitions.machines import NOW, RUN_NAMES, STATES, definition


class TestAnnouncing:
    def announced(self, run):
        names = {"run": run, "attempt": 1, "states": {"context": {"Execution": {"Id": "arn"}}}, **RUN_NAMES}
        (entry,) = asl.evaluate(STATES["Announce"]["Arguments"]["Entries"], names, now=NOW)
        return entry["Detail"]

    @pytest.mark.parametrize("changed", [True, False])
    def test_contains_whether_the_report_changed(self, changed):
        assert self.announced({"status": "COMPLETED", "changed": changed})["changed"] is changed

    def test_omits_the_attributes_of_the_report_if_there_is_none(self):
        assert {"changed", "report_uri"}.isdisjoint(self.announced({"status": "FAILED", "error_type": "E"}))


class TestNotifying:
    """Which outcomes go to the topic."""

    def states(self, notify_on):
        return definition(notify_on=notify_on)["States"]

    def test_sends_nothing_by_default(self):
        states = self.states(NotifyOn.NEVER)
        assert states["Announce"]["Next"] == "Outcome"
        assert {"Notify", "ChooseNotification"}.isdisjoint(states)

    def test_sends_every_outcome(self):
        assert self.states(NotifyOn.ALWAYS)["Announce"]["Next"] == "Notify"

    @pytest.mark.parametrize(
        ("run", "after"),
        [({"changed": True}, "Notify"), ({"changed": False}, "Outcome"), ({"status": "FAILED"}, "Outcome")],
    )
    def test_sends_only_changed_reports(self, run, after):
        states = self.states(NotifyOn.CHANGE)
        assert states["Announce"]["Next"] == "ChooseNotification"
        assert asl.choose(states["ChooseNotification"], {"run": run}, now=NOW) == (after, {})

    def test_sends_the_announced_detail(self):
        names = {
            "run": {"status": "COMPLETED", "changed": True},
            "attempt": 1,
            "states": {"context": {"Execution": {"Id": "arn"}}},
            **RUN_NAMES,
        }
        (entry,) = asl.evaluate(STATES["Announce"]["Arguments"]["Entries"], names, now=NOW)
        message = asl.evaluate(STATES["Notify"]["Arguments"]["Message"], names, now=NOW)
        assert json.loads(message) == entry["Detail"]

    def test_goes_on_if_the_topic_cannot_be_reached(self):
        assert STATES["Notify"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Outcome"}]
