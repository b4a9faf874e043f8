import contextlib
import io
import json
import os
import signal
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.agentcore.data_plane import DataPlane
from local.agentcore.limits import Limits
from local.agentcore.session import EndReason
from tests.local.raw_requests import OF_WEB_PAGES, WEBSOCKET, of_port, send

pytestmark = pytest.mark.local

AGENT = [sys.executable, str(Path(__file__).with_name("small_agent.py"))]
SHORT = Limits(ping_interval_seconds=0.1, stop_grace_seconds=0.5)


@pytest.fixture(scope="module")
def role(account):
    for_this_account = {
        "StringEquals": {"aws:SourceAccount": account.account_id},
        "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock-agentcore:{account.region}:{account.account_id}:*"},
    }
    return create_role(account, "agent", {"Service": "bedrock-agentcore.amazonaws.com"}, for_this_account)


@pytest.fixture(scope="module", params=["V1", "V2"])
def runtime(request, account, role):
    return create_runtime(account, role, f"agent_{request.param}", platform_version=request.param)


def create_role(account, name, principal, condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition or {}}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    return account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def allow(account, role, action, runtime):
    resources = [runtime, f"{runtime}/runtime-endpoint/DEFAULT"]
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    account.client("iam").put_role_policy(
        RoleName=role, PolicyName=action.replace(":", "-"), PolicyDocument=json.dumps(policy)
    )


def create_runtime(account, role, name, bundle="agent.zip", platform_version="V1"):
    return account.client("bedrock-agentcore-control").create_agent_runtime(
        agentRuntimeName=name,
        roleArn=role,
        networkConfiguration={"networkMode": "PUBLIC"},
        agentRuntimeArtifact={
            "codeConfiguration": {
                "code": {"s3": {"bucket": "code", "prefix": bundle}},
                "runtime": "PYTHON_3_13",
                "entryPoint": ["main.py"],
            }
        },
        environmentVariables={"GREETING": "hello"},
        platformVersion=platform_version,
    )["agentRuntimeArn"]


class Caller:
    """What a Lambda function does: one attempt at each call, under its own credentials."""

    def __init__(self, account, plane, runtime, credentials=None):
        credentials = credentials or {"AccessKeyId": account.access_key, "SecretAccessKey": account.secret_key}
        self.client = boto3.client(
            "bedrock-agentcore",
            endpoint_url=plane.endpoint,
            region_name=account.region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}),
        )
        self._runtime = runtime

    def invoke(self, session_id, payload=None):
        answer = self.client.invoke_agent_runtime(
            agentRuntimeArn=self._runtime,
            runtimeSessionId=session_id,
            qualifier="DEFAULT",
            payload=json.dumps(payload or {}).encode(),
        )
        assert answer["runtimeSessionId"] == session_id
        return json.load(answer["response"])

    def stop(self, session_id):
        return self.client.stop_runtime_session(agentRuntimeArn=self._runtime, runtimeSessionId=session_id)


@pytest.fixture
def serve(account, runtime, tmp_path):
    @contextmanager
    def served(limits=SHORT, environment=None):
        with DataPlane(lambda: account, logs=tmp_path, limits=limits, command=AGENT, environment=environment) as plane:
            yield plane, Caller(account, plane, runtime)

    return served


def session(name):
    return f"{name}-{'0' * 40}"


def test_all_invocations_of_a_session_reach_the_same_process(serve):
    with serve() as (_, caller):
        first = caller.invoke(session("a"))
        second = caller.invoke(session("a"))
        other = caller.invoke(session("b"))
    assert first == second == {"pid": first["pid"], "session_id": session("a"), "greeting": "hello"}
    assert other["pid"] != first["pid"]


def test_the_agent_has_the_role_that_its_runtime_declares(serve, account):
    with serve() as (_, caller):
        answer = caller.invoke(session("a"), {"do": "call"})
    assert answer["caller"].startswith(f"arn:aws:sts::{account.account_id}:assumed-role/agent/")


def test_no_session_process_is_left_when_the_data_plane_has_stopped(serve, is_running):
    with serve(environment={"STUBBORN": "1"}) as (_, caller):
        pids = [caller.invoke(session(name))["pid"] for name in ("a", "b")]
    assert not any(is_running(pid) for pid in pids)


def test_two_concurrent_invocations_start_one_session(serve):
    with serve() as (plane, caller):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(caller.invoke(session("a")))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({answer["pid"] for answer in answers}) == 1
        assert len(plane.sessions()) == 1


@pytest.fixture
def start(account, role, tmp_path):
    """Return a function that starts a data plane and one runtime for each program, as its bundle."""
    with contextlib.suppress(account.client("s3").exceptions.BucketAlreadyOwnedByYou):
        account.client("s3").create_bucket(
            Bucket="code", CreateBucketConfiguration={"LocationConstraint": account.region}
        )

    @contextmanager
    def started(programs, environment=None, platform_version="V1"):
        with DataPlane(lambda: account, logs=tmp_path, limits=SHORT, environment=environment) as plane:
            callers = {}
            for name, program in programs.items():
                body = io.BytesIO()
                with zipfile.ZipFile(body, "w") as bundle:
                    bundle.writestr("main.py", program)
                account.client("s3").put_object(Bucket="code", Key=f"{name}.zip", Body=body.getvalue())
                runtime = create_runtime(account, role, name, f"{name}.zip", platform_version=platform_version)
                callers[name] = Caller(account, plane, runtime)
            yield plane, callers

    return started


def test_each_runtime_starts_the_entry_point_of_its_own_bundle(start):
    agent = Path(AGENT[-1]).read_text()
    names = ("one", "other")
    programs = {name: f"import os\nos.environ['GREETING'] = {name!r}\n{agent}" for name in names}
    with start(programs) as (_, callers):
        assert {name: callers[name].invoke(session(name))["greeting"] for name in names} == {n: n for n in names}


@pytest.mark.parametrize("version", ["V1", "V2"])
def test_a_session_listens_on_loopback_only_and_answers_the_data_plane_only(start, version):
    name = f"guarded_{version}"
    # The SDK listens on every interface when this variable says that it is in a container.
    with start({name: Path(AGENT[-1]).read_text()}, {"DOCKER_CONTAINER": "1"}, version) as (plane, callers):
        invoked = callers[name].invoke(session("guarded"), {"do": "environment"})
        [record] = plane.sessions()
        addresses = {listening.laddr.ip for listening in psutil.Process(record.pid).net_connections("tcp")
                     if listening.status == psutil.CONN_LISTEN}  # fmt: skip
        assert addresses == {"127.0.0.1"}
        assert "LOCAL_SESSION_KEY" not in invoked["variables"]
        proofs = ({}, {"X_Local_Session_Key": "guess"}, {"Authorization": "Bearer guess"})
        for method, path in (("POST", "/invocations"), ("GET", "/ping"), ("OPTIONS", "/invocations")):
            for headers in (*proofs, *(of_port(headers, record.port) for headers in OF_WEB_PAGES.values())):
                status, response = send(record.port, method, path, b"{}", **headers)
                assert (status, "access-control" in response.lower()) == (403, False), response
        assert send(record.port, "GET", "/ws", **WEBSOCKET)[0] == 403


def test_an_error_of_the_agent_is_returned_as_a_runtime_client_error(serve):
    with serve() as (_, caller), pytest.raises(ClientError, match=r"Received error \(400\) from runtime") as raised:
        caller.invoke(session("a"), {"do": "reject"})
    assert raised.value.response["Error"]["Code"] == "RuntimeClientError"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_stopping_a_session_ends_its_process_and_the_next_invocation_starts_a_new_one(serve, is_running):
    with serve() as (plane, caller):
        first = caller.invoke(session("a"))
        caller.stop(session("a"))
        assert not is_running(first["pid"])
        assert [record.end_reason for record in plane.sessions()] == [EndReason.STOPPED]
        assert caller.invoke(session("a"))["pid"] != first["pid"]


def test_stopping_a_session_that_does_not_exist_is_not_found(serve):
    with serve() as (_, caller), pytest.raises(ClientError) as raised:
        caller.stop(session("a"))
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_invoking_a_session_while_it_is_stopped_is_a_retryable_conflict(serve):
    with serve(environment={"STUBBORN": "1"}) as (plane, caller):
        caller.invoke(session("a"))
        stopping = threading.Thread(target=caller.stop, args=(session("a"),))
        stopping.start()
        time.sleep(0.2)
        with pytest.raises(ClientError) as raised:
            caller.invoke(session("a"))
        stopping.join()
    assert raised.value.response["Error"]["Code"] == "RetryableConflictException"
    assert plane.sessions()[0].exit_status == -signal.SIGKILL


def test_a_killed_process_ends_its_session_and_the_next_invocation_starts_a_new_one(serve):
    with serve() as (plane, caller):
        first = caller.invoke(session("a"))
        os.kill(first["pid"], signal.SIGKILL)
        (record,) = plane.wait_for(lambda records: records[0].end_reason is not None, seconds=60)
        assert (record.end_reason, record.exit_status) == (EndReason.EXITED, -signal.SIGKILL)
        assert caller.invoke(session("a"))["pid"] != first["pid"]


def test_a_session_that_stops_answering_pings_is_ended_as_unhealthy(serve):
    with serve(replace(SHORT, ping_timeout_seconds=0.5)) as (plane, caller):
        first = caller.invoke(session("a"))
        os.kill(first["pid"], signal.SIGSTOP)
        (record,) = plane.wait_for(lambda records: records[0].end_reason is not None, seconds=60)
        assert record.end_reason == EndReason.UNHEALTHY


def test_an_idle_session_ends_and_a_busy_one_does_not(serve):
    limits = Limits(ping_interval_seconds=0.1, stop_grace_seconds=0.5, idle_seconds=0.5)
    with serve(limits) as (plane, caller):
        caller.invoke(session("idle"))
        caller.invoke(session("busy"), {"do": "work"})
        records = plane.wait_for(lambda records: any(record.end_reason for record in records), seconds=60)
        assert [record.end_reason for record in records] == [EndReason.IDLE, None]
        caller.invoke(session("busy"), {"do": "finish"})
        records = plane.wait_for(lambda records: all(record.end_reason for record in records), seconds=60)
        assert [record.end_reason for record in records] == [EndReason.IDLE, EndReason.IDLE]


def test_a_busy_session_ends_at_its_maximum_lifetime(serve):
    limits = Limits(ping_interval_seconds=0.1, stop_grace_seconds=0.5, lifetime_seconds=1.5)
    with serve(limits) as (plane, caller):
        caller.invoke(session("a"), {"do": "work"})
        (record,) = plane.wait_for(lambda records: records[0].end_reason is not None, seconds=60)
    assert record.end_reason == EndReason.LIFETIME


@pytest.mark.parametrize("runtime", ["V1"], indirect=True)
def test_the_invocation_fails_when_the_agent_is_not_ready_in_time(serve):
    limits = Limits(ping_interval_seconds=0.1, stop_grace_seconds=0.5, initialisation_seconds=0.3)
    with serve(limits, {"START_SECONDS": "60"}) as (plane, caller):
        with pytest.raises(ClientError, match="Runtime initialization failed") as raised:
            caller.invoke(session("a"))
        assert plane.active() == []
    assert raised.value.response["Error"]["Code"] == "RuntimeClientError"


def test_new_sessions_are_throttled_above_the_rate_and_existing_ones_are_not(serve):
    with serve(Limits(new_sessions_per_second=0.001, stop_grace_seconds=0.5)) as (_, caller):
        caller.invoke(session("a"))
        with pytest.raises(ClientError) as raised:
            caller.invoke(session("b"))
        caller.invoke(session("a"))
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_sessions_above_the_quota_are_refused(serve):
    with serve(Limits(active_sessions=1, stop_grace_seconds=0.5)) as (_, caller):
        caller.invoke(session("a"))
        with pytest.raises(ClientError) as raised:
            caller.invoke(session("b"))
    assert raised.value.response["Error"]["Code"] == "ServiceQuotaExceededException"


def test_a_session_id_that_aws_refuses_is_refused(serve):
    with serve() as (_, caller), pytest.raises(ClientError) as raised:
        caller.invoke("with a blank " + "0" * 40)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_the_signature_of_a_call_holds_even_if_a_proxy_decodes_the_path(serve, account, runtime):
    def decode(request, **_):
        request.url = unquote(request.url)

    with serve() as (plane, _):
        caller = Caller(account, plane, runtime)
        caller.client.meta.events.register("before-send", decode)
        assert caller.invoke(session("a"))["session_id"] == session("a")


def test_an_unknown_runtime_is_not_found(serve, account, runtime):
    with serve() as (plane, _), pytest.raises(ClientError) as raised:
        Caller(account, plane, runtime + "X").invoke(session("a"))
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("runtime", ["V1"], indirect=True)
def test_a_caller_without_permission_is_refused_and_no_session_starts(serve, account, runtime):
    caller_role = create_role(account, "caller", {"AWS": f"arn:aws:iam::{account.account_id}:root"})
    credentials = account.client("sts").assume_role(RoleArn=caller_role, RoleSessionName="caller")["Credentials"]
    with serve() as (plane, _):
        caller = Caller(account, plane, runtime, credentials)
        with pytest.raises(ClientError) as raised:
            caller.invoke(session("a"))
        assert raised.value.response["Error"]["Code"] == "AccessDeniedException"
        assert plane.sessions() == []
        statement = {
            "Effect": "Allow",
            "Action": "bedrock-agentcore:InvokeAgentRuntime",
            "Resource": [runtime, f"{runtime}/runtime-endpoint/DEFAULT"],
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        account.client("iam").put_role_policy(RoleName="caller", PolicyName="invoke", PolicyDocument=json.dumps(policy))
        assert caller.invoke(session("a"))["session_id"] == session("a")


def test_requests_of_web_pages_and_without_the_access_key_are_refused_and_no_session_starts(serve, account, runtime):
    path = f"/runtimes/{quote(runtime, safe='')}/invocations"
    scope = f"20260101/{account.region}/bedrock-agentcore/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={account.access_key}/{scope}"
    signed = {"Authorization": f"{signature}, SignedHeaders=host, Signature=0"}
    unproven = ({}, {"Authorization": signed["Authorization"].replace(account.access_key, "test")})
    with serve() as (plane, _):
        port = int(plane.endpoint.rsplit(":", 1)[1])
        requests = [of_port(headers, port) | signed for headers in OF_WEB_PAGES.values()]
        answers = [send(port, "POST", path, b"{}", **headers) for headers in [*requests, *unproven]]
        answers.append(send(port, "OPTIONS", path, Origin="http://evil.example", Access_Control_Request_Method="POST"))
        assert {status for status, _ in answers} == {403}
        assert not any("access-control" in response.lower() for _, response in answers)
        assert plane.sessions() == []
        assert send(port, "POST", path, b"{}", **signed)[0] == 200
        assert len(plane.sessions()) == 1


@pytest.mark.parametrize("runtime", ["V1"], indirect=True)
def test_no_agent_starts_when_the_role_does_not_trust_agentcore(serve, account):
    role = create_role(account, "other", {"Service": "lambda.amazonaws.com"})
    runtime = create_runtime(account, role, "untrusted")
    with serve() as (plane, _), pytest.raises(ClientError, match="Runtime initialization failed"):
        Caller(account, plane, runtime).invoke(session("a"))
    assert plane.sessions() == []
