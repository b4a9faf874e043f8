import concurrent.futures
import importlib.util
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile

import pytest

from local import processes
from local.emulator.account import Account
from local.emulator.emulator import Emulator
from local.errors import LocalStackError
from tests.local.agentcore.test_data_plane import create_role

pytestmark = pytest.mark.local


def test_the_emulator_serves_an_account_and_leaves_no_process_and_no_port(tmp_path, is_running):
    with Emulator(tmp_path, region="eu-west-1") as emulator:
        pid, port = emulator.pid, emulator.port
        queue = emulator.account.client("sqs").create_queue(QueueName="a")["QueueUrl"]
        assert queue.endswith(f"/{emulator.account.account_id}/a")
    assert not is_running(pid)
    assert processes.is_free(port)


def test_an_update_without_a_platform_version_keeps_that_of_the_runtime(account):
    declared = {
        "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "1.dkr.ecr.eu-west-1.amazonaws.com/a:1"}},
        "roleArn": "arn:aws:iam::123456789012:role/agent",
        "networkConfiguration": {"networkMode": "PUBLIC"},
    }
    control = account.client("bedrock-agentcore-control")
    runtime = control.create_agent_runtime(agentRuntimeName="agent", **declared)["agentRuntimeId"]
    versions = [control.get_agent_runtime(agentRuntimeId=runtime)["platformVersion"]]
    for sent in ({"platformVersion": "V2"}, {}, {"platformVersion": "V1"}):
        control.update_agent_runtime(agentRuntimeId=runtime, **declared, **sent)
        versions.append(control.get_agent_runtime(agentRuntimeId=runtime)["platformVersion"])
    assert versions == ["V1", "V2", "V2", "V1"]


FUNCTION = """
import os, time

def handler(*_):
    time.sleep(0.2)
    return os.getpid(), os.path.realpath(__file__), os.path.exists(__cached__)
"""


def test_a_burst_of_invocations_shares_a_few_processes_and_they_share_their_code(account):
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("main.py", FUNCTION)
    functions = account.client("lambda")
    functions.create_function(
        FunctionName="f",
        Role=create_role(account, "f", {"Service": "lambda.amazonaws.com"}),
        Runtime="python3.13",
        Handler="main.handler",
        Code={"ZipFile": bundle.getvalue()},
    )
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        invocations = [pool.submit(functions.invoke, FunctionName="f") for _ in range(24)]
        answers = [json.load(invocation.result()["Payload"]) for invocation in invocations]
    pids, files, compiled = (set(found) for found in zip(*answers, strict=True))
    assert 1 < len(pids) <= 8
    assert (len(files), compiled) == (1, {True})


def test_found_log_events_have_ids_that_stay_the_same(account):
    logs = account.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    events = [{"timestamp": int(time.time() * 1000), "message": "the same"}] * 2
    logs.put_log_events(logGroupName="group", logStreamName="stream", logEvents=events)
    first, second = (logs.filter_log_events(logGroupName="group")["events"] for _ in range(2))
    assert first == second
    assert len({event["eventId"] for event in first}) == 2


def test_clients_of_the_account_read_no_setting_of_a_real_account(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[not a configuration")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "many")
    client = Account("http://127.0.0.1:1").client("s3")
    assert client.meta.endpoint_url == "http://127.0.0.1:1"


def test_a_port_in_use_is_an_error_with_its_number_and_remedy(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalStackError, match=rf"Port {port} is in use: .* choose another port with --port"):
            Emulator(tmp_path, port=port).start()


def test_a_missing_ministack_is_an_error_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(LocalStackError, match="run 'make setup'"):
        Emulator(tmp_path).start()


def test_a_process_that_ends_early_is_an_error_with_its_log(tmp_path):
    emulator = Emulator(tmp_path)
    emulator.start()
    os.kill(emulator.pid, signal.SIGKILL)
    with pytest.raises(LocalStackError, match=r"has ended with status -9. The last lines of .*emulator.log"):
        emulator.wait_until_ready()
    emulator.stop()


def test_an_emulator_that_does_not_answer_in_time_is_an_error_and_leaves_no_process(tmp_path):
    emulator = Emulator(tmp_path, ready_seconds=0.0)
    with pytest.raises(LocalStackError, match="has not answered within 0 s"), emulator:
        pass
    with pytest.raises(AssertionError):
        emulator.pid  # noqa: B018


PARENT = """
import sys, time
from pathlib import Path
from local import processes

log = Path(sys.argv[1])
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
family = f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {stubborn!r}]); print(c.pid); c.wait()"
child = processes.spawn([sys.executable, "-c", family], environment=processes.base_environment(), log=log)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_children_and_grandchildren_end_when_their_parent_is_killed(tmp_path, is_running):
    logs = {number: tmp_path / number.name for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)}
    parents = {
        number: subprocess.Popen(
            [sys.executable, "-c", PARENT, str(log)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=processes.PROJECT,
        )
        for number, log in logs.items()
    }
    left = {}
    for number, parent in parents.items():
        child = int(parent.stdout.readline())
        wait_until(lambda log=logs[number]: log.read_text().strip())
        left[number] = child, int(logs[number].read_text())
    for number, parent in parents.items():
        parent.send_signal(number)
        parent.wait()
        parent.stdout.close()
    for child, grandchild in left.values():
        wait_until(lambda pids=(child, grandchild): not any(map(is_running, pids)))


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
