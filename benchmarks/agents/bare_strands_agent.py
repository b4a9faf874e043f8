"""The smallest agent of the AgentCore SDK that works in the background with Strands."""

import os
import threading
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from strands import Agent

from benchmarks.agents import first_call

app = BedrockAgentCoreApp()


@app.entrypoint
def invoke(payload: Any) -> Any:
    """Return an answer, and call the model in the background."""
    task_id = app.add_async_task("agent_run")
    threading.Thread(target=_work, args=(payload["prompt"], task_id), daemon=True).start()
    return {"status": "accepted", "session_id": payload["session_id"], "attempt": payload["attempt"]}


def _work(prompt: str, task_id: int) -> None:
    Agent(model=first_call.create(), callback_handler=None)(prompt)
    app.complete_async_task(task_id)


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
