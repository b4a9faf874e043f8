"""A web page of another origin, in a real browser, gets into no server of the local stack."""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import threading
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from local.agentcore.data_plane import DataPlane
from local.emulator.emulator import Emulator

pytestmark = pytest.mark.local

PAGE = Path(__file__).with_name("attacks.html").read_bytes()
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KINDS = ("fetch_get", "fetch_post", "fetch_cors", "preflight", "image", "script", "frame", "form", "socket")
# The browser resolves the last name to loopback, as a page does that changes its own DNS entry ("DNS rebinding").
HOSTS = ("127.0.0.1", "localhost", "sub.localhost", "rebound.example")


class Server:
    """A server that serves the page, and records all requests."""

    def __init__(self):
        self.results, self.seen = queue.Queue(), Counter()
        seen, results = self.seen, self.results

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen[self.path.split("?")[0], self.headers["Host"].split(":")[0]] += 1
                self.send_response(200)
                self.end_headers()
                if self.path == "/":
                    self.wfile.write(PAGE)
                if self.path == "/done":
                    results.put(json.loads(body))

            do_POST = do_PUT = do_OPTIONS = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def visit(tmp_path):
    """Return a function that opens the page in a browser, and returns the result of each attempt."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        assert not os.environ.get("REQUIRE_BROWSER"), "There is no Chromium on PATH"
        pytest.skip("There is no Chromium on PATH: install it to run this test")

    def visited(server, attempts):
        command = [
            browser,
            "--headless=new",
            "--no-sandbox",  # it does not start as root otherwise; it visits only our page
            "--no-first-run",
            f"--user-data-dir={tmp_path / 'browser'}",
            "--host-resolver-rules=MAP rebound.example 127.0.0.1",
            "--proxy-server=direct://",
            f"http://127.0.0.1:{server.port}/#{quote(json.dumps(attempts))}",
        ]
        with (tmp_path / "browser.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            return server.results.get(timeout=90)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

    return visited


def create_queue(account, key, name):
    """Return the path and query of a presigned request."""
    now = datetime.now(UTC)
    scope = f"{key}/{now:%Y%m%d}/{account.region}/sqs/aws4_request"
    signature = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": scope,
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0",
    }
    return f"/?{urlencode({'Action': 'CreateQueue', 'QueueName': name} | signature)}"


@pytest.fixture
def account(tmp_path):
    with Emulator(tmp_path) as emulator:
        yield emulator.account


@pytest.fixture
def plane(account, tmp_path):
    with DataPlane(lambda: account, logs=tmp_path) as plane:
        yield plane


def attacks(host, account, plane, server):
    """Return the attempts of a page that knows the access key, and of one that does not."""
    emulated, runtimes, own = (f"http://{host}:{port}" for port in (port_of(account), port_of(plane), server.port))
    runtime = quote(f"arn:aws:bedrock-agentcore:{account.region}:{account.account_id}:runtime/a", safe="")
    for kind in KINDS:
        yield kind, f"{own}/{kind}"
        yield kind, f"{emulated}/_ministack/reset"
        yield kind, f"{emulated}/_ministack/config"
        for owner, key in (("theirs", "test"), ("ours", account.access_key)):
            path = create_queue(account, key, f"{kind}-{owner}-{host.replace('.', '-')}")
            yield kind, emulated + path
            yield kind, f"{runtimes}/runtimes/{runtime}/invocations{path[1:]}"


def port_of(server):
    return server.endpoint.rsplit(":", 1)[1]


def test_a_web_page_changes_nothing_in_the_account_even_if_it_knows_the_access_key(visit, account, plane):
    sqs = account.client("sqs")
    kept = sqs.create_queue(QueueName="kept")["QueueUrl"]
    with Server() as server:
        attempts = [attempt for host in HOSTS for attempt in attacks(host, account, plane, server)]
        results = visit(server, attempts)

    # The browser did send each kind of request, to each name: a server without a door got it.
    assert {(f"/{kind}", host) for kind in KINDS for host in HOSTS} <= set(server.seen)
    assert len(results) == len(attempts)
    assert sqs.list_queues()["QueueUrls"] == [kept]
    assert plane.sessions() == []
    # The page could open no socket and read no response.
    foreign = [(kind, url, result) for kind, url, result in results if f":{server.port}/" not in url]
    assert [one for one in foreign if one[2] in {"basic", "cors", "default", "opened"}] == []
