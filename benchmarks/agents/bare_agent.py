"""The smallest agent of the AgentCore SDK: the least that an agent on AgentCore costs."""

import os
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp

app = BedrockAgentCoreApp()


@app.entrypoint
def invoke(payload: Any) -> Any:
    """Return an answer without doing anything."""
    return {"status": "accepted", "session_id": payload["session_id"], "attempt": payload["attempt"]}


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
