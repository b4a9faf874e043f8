"""Who gets into the emulated account: each request is written to its socket as a web page or another program could."""

import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator.emulator import Emulator
from tests.local.raw_requests import OF_WEB_PAGES, WEBSOCKET, exchange, of_port, send

pytestmark = pytest.mark.local

CREATE_QUEUE = b"Action=CreateQueue&QueueName=created"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def account(emulator):
    return emulator.account


def authorization(key, *, signature="0" * 64):
    scope = f"{datetime.now(UTC):%Y%m%d}/eu-central-1/sqs/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"


def query(key):
    now = datetime.now(UTC)
    return (
        "/?Action=CreateQueue&QueueName=created&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={key}%2F{now:%Y%m%d}%2Feu-central-1%2Fsqs%2Faws4_request"
        f"&X-Amz-Date={now:%Y%m%dT%H%M%SZ}&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
    )


def post(emulator, path="/", **headers):
    """Ask for a new queue. Return the status and the whole response."""
    signed_at = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return send(emulator.port, "POST", path, CREATE_QUEUE, X_Amz_Date=signed_at, **headers)


def queues(account):
    return account.client("sqs").list_queues().get("QueueUrls", [])


def test_a_request_with_the_access_key_of_this_start_passes(emulator, account):
    status, response = post(emulator, Authorization=authorization(account.access_key))
    [url] = queues(account)
    account.client("sqs").delete_queue(QueueUrl=url)
    assert status == 200
    assert "access-control" not in response.lower()


@pytest.mark.parametrize("headers", OF_WEB_PAGES.values(), ids=OF_WEB_PAGES)
def test_a_request_with_the_headers_of_a_web_page_is_refused_even_with_the_access_key(emulator, account, headers):
    signed = {"Authorization": authorization(account.access_key)}
    status, response = post(emulator, **signed, **of_port(headers, emulator.port))
    assert (status, queues(account)) == (403, [])
    assert "access-control" not in response.lower()


def test_a_websocket_is_refused_even_with_the_access_key(emulator, account):
    upgrade = WEBSOCKET | {"Authorization": authorization(account.access_key)}
    for path in ("/", "/_aws/execute-api/a/b"):
        assert send(emulator.port, "GET", path, **upgrade)[0] == 403


def test_a_request_behind_another_one_in_a_connection_needs_its_own_access_key(emulator, account):
    host = f"Host: 127.0.0.1:{emulator.port}\r\n"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(CREATE_QUEUE)}\r\n"
    second = f"POST / HTTP/1.1\r\n{host}{form}Connection: close\r\n\r\n{CREATE_QUEUE.decode()}"
    signed = f"{host}Authorization: {authorization(account.access_key)}\r\n"
    unclear = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    for first in (f"GET /_ministack/health HTTP/1.1\r\n{signed}\r\n", f"POST / HTTP/1.1\r\n{signed}{unclear}"):
        statuses = re.findall(r"HTTP/1.1 (\d+)", exchange(emulator.port, f"{first}{second}".encode()))
        assert (len(statuses), statuses[-1]) == (2, "403")
    assert queues(account) == []


@pytest.mark.parametrize("target", ["http://evil.example/", "http://127.0.0.1/_ministack/reset"])
def test_an_absolute_address_in_the_request_changes_nothing(emulator, account, target):
    assert post(emulator, target)[0] == 403
    foreign = {"Host": "evil.example", "Authorization": authorization(account.access_key)}
    assert post(emulator, target, **foreign)[0] == 403
    assert queues(account) == []


@pytest.mark.parametrize("hosts", [0, 2])
def test_a_request_without_exactly_one_host_is_refused(emulator, account, hosts):
    lines = [f"Host: 127.0.0.1:{emulator.port}", "Host: evil.example"][:hosts]
    head = ["GET /_ministack/health HTTP/1.1", *lines, f"Authorization: {authorization(account.access_key)}"]
    response = exchange(emulator.port, "\r\n".join([*head, "Connection: close"]).encode() + b"\r\n\r\n")
    assert re.match(r"HTTP/1.1 40[03] ", response)


UNPROVEN = {
    "unsigned": {},
    "key test": {"Authorization": authorization("test")},
    "account id as key": {"Authorization": authorization("123456789012")},
    "unknown key": {"Authorization": authorization("AKIA" + "A" * 32)},
    "empty key": {"Authorization": authorization("")},
    "two keys": {"Authorization": authorization("test") + ", " + authorization("{key}")},
    "version 2": {"Authorization": "AWS test:AAAA"},
    "version 2 with the key": {"Authorization": "AWS {key}:AAAA"},
    "bearer token": {"Authorization": "Bearer test"},
}


@pytest.mark.parametrize("headers", UNPROVEN.values(), ids=UNPROVEN)
def test_a_request_that_does_not_have_the_access_key_is_refused(emulator, account, headers):
    status, response = post(emulator, **{name: value.format(key=account.access_key) for name, value in headers.items()})
    assert status == 403, response
    assert queues(account) == []


@pytest.mark.parametrize("path", [query("test"), query("123456789012"), "/?Action=CreateQueue&QueueName=created&"
                                  "AWSAccessKeyId=test&Signature=0"], ids=["test", "account", "version 2"])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_presigned_url_without_the_access_key_is_refused(emulator, account, method, path):
    status, response = send(emulator.port, method, path)
    assert status == 403, response
    assert queues(account) == []


def test_a_query_with_a_second_key_is_refused(emulator, account):
    status, _ = post(emulator, query("test"), Authorization=authorization(account.access_key))
    assert (status, queues(account)) == (403, [])


def test_a_preflight_gets_no_permission(emulator, account):
    asked = {"Origin": "http://evil.example", "Access_Control_Request_Method": "POST"}
    for headers in (asked, {}, {"Authorization": authorization(account.access_key)}):
        status, response = send(emulator.port, "OPTIONS", "/", **headers)
        assert (status, "access-control" in response.lower()) == (403, False)


CLOSED = (
    "/_ministack/reset",
    "//_ministack/reset",
    "/%5fministack/reset",
    "/_ministack/config",
    "/_ministack/ready",
    "/_ministack/sqs/messages",
    "/_localstack/health",
    "/_aws/execute-api/a/b",
    "/health",
    "/latest/meta-data/iam/security-credentials/",
)


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_administration_is_closed_even_for_the_root_user(emulator, account, method, path):
    status, _ = send(emulator.port, method, path, Authorization=authorization(account.access_key))
    assert status == 403


def test_health_needs_the_access_key(emulator, account):
    path = "/_ministack/health"
    assert send(emulator.port, "GET", path)[0] == 403
    assert send(emulator.port, "GET", path, Authorization=authorization(account.access_key))[0] == 200


def client(account, service, key, secret, token=None):
    return boto3.client(
        service,
        endpoint_url=account.endpoint,
        region_name=account.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def create_role(account, name, principal):
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    trust, policy = (json.dumps({"Version": "2012-10-17", "Statement": [part]}) for part in (trust, policy))
    arn = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    account.client("iam").put_role_policy(RoleName=name, PolicyName="queues", PolicyDocument=policy)
    return arn


def test_credentials_that_the_account_has_issued_pass_with_a_right_signature_only(account):
    role = create_role(account, "caller", {"AWS": f"arn:aws:iam::{account.account_id}:root"})
    issued = account.client("sts").assume_role(RoleArn=role, RoleSessionName="caller")["Credentials"]
    key, secret, token = (issued[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    assert client(account, "sqs", key, secret, token).list_queues().get("QueueUrls", []) == []
    with pytest.raises(ClientError, match=r"[sS]ignature"):
        client(account, "sqs", key, "wrong", token).list_queues()


FUNCTION = """
import os, boto3
def handler(event, context):
    boto3.client("sqs").list_queues()
    return dict(os.environ)
"""


def test_the_credentials_of_a_function_work_and_do_not_follow_from_its_name(account):
    role = create_role(account, "function", {"Service": "lambda.amazonaws.com"})
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", FUNCTION)
    functions = account.client("lambda")
    arn = functions.create_function(
        FunctionName="caller",
        Runtime="python3.13",
        Handler="main.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    variables = json.load(functions.invoke(FunctionName="caller")["Payload"])
    assert variables["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not {account.access_key, account.secret_key} & set(variables.values())
    digest = hashlib.sha256(f"{arn}:{role}".encode()).hexdigest()
    guess = [hashlib.sha256(f"{part}:{digest}".encode()).hexdigest() for part in ("secret", "token")]
    with pytest.raises(ClientError, match="not one of this account"):
        client(account, "sqs", f"ASIA{digest[:16].upper()}", *guess).list_queues()


def test_a_client_with_a_foreign_key_gets_an_error_that_says_what_to_do(account):
    calls = {"sqs": "list_queues", "s3": "list_buckets", "lambda": "list_functions", "dynamodb": "list_tables"}
    for service, call in calls.items():
        with pytest.raises(ClientError, match="use the environment variables of this start"):
            getattr(client(account, service, "test", "test"), call)()


def test_each_start_has_another_key(tmp_path):
    keys = {emulator.account.access_key for emulator in map(Emulator, [tmp_path] * 3)}
    assert len(keys) == 3
    # The part after AKIA has 160 bits: nobody guesses it.
    assert {len(key) for key in keys} == {4 + 160 // 5}
