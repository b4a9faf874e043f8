"""The real agent process. The prompt scripts its work: `{"seconds": 2}`, `{"raises": "why"}` or `{"hangs": 9}`."""

import hashlib
import json
import os
import time

from agent.harness.app import create_app
from agent.harness.environment import read
from agent.harness.task import Outcome, StoppedError, Task


def work(task: Task) -> Outcome:
    script = json.loads(task.prompt)
    if "raises" in script:
        raise ValueError(script["raises"])
    if "hangs" in script:
        time.sleep(script["hangs"])  # ignores the cancel signal
    if task.cancel_signal.wait(script.get("seconds", 0)):
        raise StoppedError
    uri = f"s3://{task.settings.report_bucket}/reports/{task.session_id}/attempt-{task.attempt}/report.html"
    return Outcome(report_uri=uri, report_sha256=hashlib.sha256(uri.encode()).hexdigest(), summary="Done.")


if __name__ == "__main__":
    create_app(read(os.environ), work).run(port=int(os.environ["PORT"]))
