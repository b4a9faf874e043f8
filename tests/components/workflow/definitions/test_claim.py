"""The states that claim a run."""

from tests.components import asl
from tests.components.workflow.definitions.machines import NOW, STATES


class TestClaiming:
    def claim(self, detail):
        request = {"id": "s" * 36, "time": "2026-01-01T00:00:00Z", "source": "cli", "detail": detail}
        names = {"states": {"input": request, "context": {"Execution": {"Id": "arn:e"}}}}
        arguments = asl.evaluate(STATES["ClaimRun"]["Arguments"], names, now=NOW)
        return {name[1:]: value for name, value in arguments["ExpressionAttributeValues"].items()}

    def test_uses_the_prompt_and_the_requester_of_the_event(self):
        item = self.claim({"prompt": "look", "requested_by": "ann"})
        assert (item["prompt"], item["requested_by"]) == ({"S": "look"}, {"S": "cli: ann"})

    def test_cuts_a_requester_that_is_longer_than_a_name(self):
        assert self.claim({"requested_by": "x" * 100_000})["requested_by"] == {"S": "cli: " + "x" * 195}

    def test_uses_the_default_prompt_if_the_event_has_none(self):
        item = self.claim({})
        assert (item["prompt"], item["requested_by"]) == ({"S": 'Say "hello" to\nthe world'}, {"S": "cli"})

    def test_sets_the_expiry_in_whole_seconds(self):
        assert self.claim({})["expires_at"] == {"N": str(int(NOW) + 30 * 86_400)}
