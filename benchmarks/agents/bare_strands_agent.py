"""The smallest agent of the AgentCore SDK that works in the background with Strands and saves its conversation."""

import os
import threading
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from strands import Agent
from strands.session.s3_session_manager import S3SessionManager

from agent.harness.variables import Variable
from benchmarks.agents import first_call

app = BedrockAgentCoreApp()


@app.entrypoint
def invoke(payload: Any) -> Any:
    """Return an answer, and call the model in the background."""
    task_id = app.add_async_task("agent_run")
    threading.Thread(target=_work, args=(payload, task_id), daemon=True).start()
    return {"status": "accepted", "session_id": payload["session_id"], "attempt": payload["attempt"]}


def _work(payload: Any, task_id: int) -> None:
    conversation = S3SessionManager(session_id=payload["session_id"], bucket=os.environ[Variable.REPORT_BUCKET])
    Agent(model=first_call.create(), session_manager=conversation, callback_handler=None)(payload["prompt"])
    app.complete_async_task(task_id)


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
