"""What the agent's process has done when it answers its first ping, which is when AgentCore takes its snapshot."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.agent.harness.test_app import environment

pytestmark = pytest.mark.slow

# Starts the agent up to the point where its server would begin to listen.
PROBE = """
import json, os, runpy, sys, threading
import psutil, uvicorn

def describe(application, **options):
    import boto3, gc
    print(json.dumps({
        "modules": sorted(sys.modules),
        "threads": [thread.name for thread in threading.enumerate()],
        "connections": len(psutil.Process().net_connections()),
        "default_session": boto3.DEFAULT_SESSION is not None,
        "frozen": gc.get_freeze_count(),
        "collects": gc.isenabled(),
        "thresholds": gc.get_threshold(),
        "searches": gc.get_stats()[2]["collections"],
    }))

uvicorn.run = describe
runpy.run_module("agent", run_name="__main__")
"""


@pytest.fixture(scope="module")
def started():
    process = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment(PORT="1"), capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout.splitlines()[-1])


def test_all_that_a_run_needs_is_imported(started):
    needed = {"agent.analyst.analyse", "agent.harness.hooks", "boto3", "botocore.signers", "strands.agent.agent"}
    needed |= {"anyio._backends._asyncio"}  # for the thread of the first invocation
    assert needed <= set(started["modules"])
    assert started["frozen"] > 100_000, "the garbage collector looks through it in each run"


def test_the_garbage_collector_works_in_sessions_but_not_during_the_start(started):
    assert started["searches"] == 1, "one before all objects are frozen"
    assert started["collects"]
    assert started["thresholds"][2] == 100, "a search through all objects stops pings, so it is rare"


def test_there_is_no_thread_no_connection_and_no_session_with_credentials(started):
    assert started["threads"] == ["MainThread"]
    assert started["connections"] == 0
    assert not started["default_session"]
