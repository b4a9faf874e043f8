"""The real agent process. The prompt scripts its work.

The script is `{"seconds": 2}`, `{"raises": "why"}`, `{"hangs": 9}`, or `{"model": "throttled"}` for a dialogue with a
model that fails (tests/faults/model.py).
"""

import hashlib
import json
import os
import time

from strands import Agent, tool

from agent.harness import models
from agent.harness.app import serve
from agent.harness.conversation import Conversation
from agent.harness.start_up import services
from agent.harness.task import Outcome, StoppedError, Task

# Starts the first line of progress, which ends with the access key of the session.
KEY = "Working with the access key "


def work(task: Task) -> Outcome:
    script = json.loads(task.prompt)
    task.report_progress(KEY + os.environ["AWS_ACCESS_KEY_ID"])
    if "raises" in script:
        raise ValueError(script["raises"])
    if "hangs" in script:
        time.sleep(script["hangs"])  # ignores the cancel signal
    if "model" in script:
        _converse(task, json.dumps({"session_id": task.session_id, **script}))
    if task.cancel_signal.wait(script.get("seconds", 0)):
        raise StoppedError
    uri = f"s3://{task.settings.report_bucket}/reports/{task.session_id}/attempt-{task.attempt}/report.html"
    return Outcome(report_uri=uri, report_sha256=hashlib.sha256(uri.encode()).hexdigest(), summary="Done.")


def _converse(task: Task, prompt: str) -> None:
    session = services.session()
    bucket = task.settings.report_bucket
    conversation = Conversation(session, bucket, session_id=task.session_id, attempt=task.attempt)
    agent = Agent(
        model=models.build(task.settings),
        tools=[look],
        callback_handler=None,
        hooks=list(task.hooks),
        session_manager=conversation.continued(),
    )
    task.record_start(f"Starting with {len(agent.messages)} messages")
    agent(None if agent.messages else prompt, cancel_signal=task.cancel_signal)


@tool
def look() -> str:
    """Look at something."""
    return "All is well."


if __name__ == "__main__":
    serve(work)
