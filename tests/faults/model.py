"""Amazon Bedrock in the fault suite: it fails the second call of a run, in the way that the run's prompt asks for.

The prompt is that of tests/faults/agent.py with the session id. The first call is answered with the call of a tool.
"""

import collections
import json
import math

from tests.bedrock_server import DROPPED, BedrockServer, Refusal, Turn

FAILURES = {
    "throttled": Refusal(status=429, code="ThrottlingException"),
    "unavailable": Refusal(status=503, code="ServiceUnavailableException"),
    "dropped before the stream": DROPPED,
    "failed in the stream": Turn(breaks_with="modelStreamErrorException"),
    "dropped in the stream": Turn(breaks_with=""),
    "failed after the stream": Turn(breaks_with="internalServerException", breaks_at=1),
    "dropped after the stream": Turn(breaks_with="", breaks_at=1),
}


class FailingModel:
    """The server and its memory of each run.

    Attributes:
        server: Serves Bedrock's API.
        failures: How many calls of each run have failed, by session id.
        recovered: Session ids of the runs whose calls fail no more.
    """

    def __init__(self):
        self.server = BedrockServer()
        self.server.play = self._answer
        self.failures = collections.Counter()
        self.recovered = set()

    def _answer(self, request):
        script = json.loads(request["messages"][0]["content"][0]["text"])
        session_id = script["session_id"]
        if len(request["messages"]) == 1:
            return Turn(tool=request["toolConfig"]["tools"][0]["toolSpec"]["name"])
        if session_id in self.recovered or self.failures[session_id] >= script.get("times", math.inf):
            return Turn()
        self.failures[session_id] += 1
        return FAILURES[script["model"]]
