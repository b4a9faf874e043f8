"""A proxy that breaks requests to an endpoint of the local stack."""

import contextlib
import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config

from local import processes

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 240


class FaultProxy:
    """A microburst proxy in front of one endpoint: forwards all requests except those that its rules break."""

    def __init__(self):
        self.port = processes.free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process = None

    def environment(self, *, without=""):
        """Return variables that send an AWS SDK's requests through the proxy, signed for the real endpoint.

        Args:
            without: Host and port to which requests go directly.
        """
        proxy = dict.fromkeys(("http_proxy", "HTTP_PROXY"), self.endpoint)
        return proxy | dict.fromkeys(("no_proxy", "NO_PROXY"), without)

    def start(self, upstream, log):
        """Start the proxy without waiting for it."""
        self._process = processes.spawn(
            [sys.executable, "-m", "microburst", "--upstream", upstream, "--port", str(self.port)],
            environment=processes.base_environment(),
            log=log,
        )

    def client(self, service, account, endpoint):
        """Wait until the proxy answers; return the root user's client of a service, behind the proxy.

        Args:
            service: Name of the service.
            account: The emulated account.
            endpoint: The service's endpoint.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < until, "the fault proxy does not respond"
            time.sleep(_LOOK_SECONDS)
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=account.region,
            aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key,
            config=Config(proxies={"http": self.endpoint}, read_timeout=_PATIENCE_SECONDS),
        )

    @contextlib.contextmanager
    def broken(self, rules):
        """Add rules within this context; yield a function that returns how many requests they have broken."""
        added = self._rules("PATCH", rules)
        ids = {rule["id"] for rule in added}
        try:
            yield lambda: sum(rule["fired_count"] for rule in self._rules("GET") if rule["id"] in ids)
        finally:
            specifications = [{key: rule[key] for key in rule.keys() - {"id", "fired_count"}} for rule in added]
            self._rules("DELETE", specifications)

    def stop(self):
        if self._process is not None:
            processes.end(self._process, grace_seconds=2)

    def _answers(self):
        try:
            return self._rules("GET") is not None
        except OSError:
            return False

    def _rules(self, method, rules=None):
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/_microburst/rules",
            data=None if rules is None else json.dumps(rules).encode(),
            method=method,
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_PATIENCE_SECONDS) as response:
            return json.load(response)
