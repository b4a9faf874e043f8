"""An agent that follows the instructions of its payload, for tests of the data plane."""

import os
import signal
import time

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from starlette.responses import JSONResponse

app = BedrockAgentCoreApp()
tasks = []


@app.entrypoint
def invoke(payload, context):
    match payload:
        case {"do": "reject"}:
            return JSONResponse({"error": "no"}, status_code=400)
        case {"do": "work"}:
            tasks.append(app.add_async_task("work"))
        case {"do": "finish"}:
            app.complete_async_task(tasks.pop())
        case {"do": "environment"}:
            return {"variables": list(os.environ)}
        case {"do": "call"}:
            import boto3

            return {"caller": boto3.client("sts").get_caller_identity()["Arn"]}
    return {"pid": os.getpid(), "session_id": context.session_id, "greeting": os.environ.get("GREETING")}


@app.websocket
async def talk(websocket, _):
    await websocket.accept()


if __name__ == "__main__":
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    if "STUBBORN" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal = lambda *_: None  # so that the server does not handle it either
    app.run(port=int(os.environ["PORT"]))
