"""An agent that returns what its session draws and holds, beside what its process had before the first ping."""

import os
import random
import sys
import uuid

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from agent.harness.start_up import services
from agent.harness.start_up.restorable_app import RestorableApp
from local.processes import is_free

app = RestorableApp()
services.describe("sts")
AT_START = {
    "marker": uuid.uuid4().hex,
    "key": os.environ["AWS_ACCESS_KEY_ID"],
    "port_is_free": is_free(int(os.environ["PORT"])),
}
before_fork: set[str] = set()
os.register_at_fork(before=lambda: before_fork.update(sys.modules))


@app.entrypoint
def invoke(_):
    return {
        "at_start": AT_START,
        "template": os.getppid(),
        "imports": sorted(name for name in set(sys.modules) - before_fork if name.startswith("uvicorn")),
        "lease_owner": uuid.uuid4().hex,
        "trace_id": RandomIdGenerator().generate_trace_id(),
        "jitter": random.random(),
        "key": services.session().get_credentials().access_key,
        "caller": services.session().client("sts").get_caller_identity()["Arn"],
    }


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
