"""A whole agent in one file: the model answers the prompt, and the answer is the report."""

import hashlib

import boto3
from strands import Agent

from agent.harness import models
from agent.harness.app import serve
from agent.harness.task import Outcome, StoppedError, Task


def work(task: Task) -> Outcome:
    """Do the work of one attempt."""
    # Create clients here, never at import: what exists at import is shared by all sessions of a snapshot.
    agent = Agent(model=models.build(task.settings), hooks=[*task.hooks], callback_handler=None)
    answer = str(agent(task.prompt, cancel_signal=task.cancel_signal))
    if task.cancel_signal.is_set():
        raise StoppedError
    bucket, key = task.settings.report_bucket, f"reports/{task.session_id}/{task.attempt}/report.md"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=answer.encode(), ContentType="text/markdown")
    digest = hashlib.sha256(answer.encode()).hexdigest()
    return Outcome(report_uri=f"s3://{bucket}/{key}", report_sha256=digest, summary=answer[:2_000])


serve(work)
