"""A fake AWS for what the emulator does not do: many pages, refusals, unusual responses."""

import functools
import threading
from collections import Counter

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

SERVICES = (
    *("ce", "cloudwatch", "compute-optimizer", "cost-optimization-hub", "lambda", "lambda-microvms", "lambda-web"),
    *("logs", "pricing", "resourcegroupstaggingapi", "savingsplans"),
)


def refusal(operation, code="AccessDeniedException"):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class NotFoundError(ClientError):
    def __init__(self, operation):
        super().__init__({"Error": {"Code": "NotFound", "Message": "no"}}, operation)


class Exceptions:
    ResourceNotFoundException = NotFoundError


@functools.cache
def inputs():
    """Return the parameters of each operation, by method name."""
    session = botocore.session.get_session()
    models = (session.get_service_model(service) for service in SERVICES)
    return {
        xform_name(name): model.operation_model(name).input_shape for model in models for name in model.operation_names
    }


class FakeClient:
    """A client whose operations are the given functions; a paginated operation returns its pages.

    Arguments that the real one would refuse to send are refused here too.
    """

    exceptions = Exceptions

    def __init__(self, **operations):
        self.calls = Counter()
        self.requests = []
        self._operations = operations
        self._lock = threading.Lock()

    def __getattr__(self, name):
        if name not in self._operations:
            raise AttributeError(name)
        return lambda **arguments: self._call(name, arguments)

    def get_paginator(self, name):
        return FakePaginator(self, name)

    def _call(self, name, arguments):
        validate_parameters(arguments, inputs()[name])
        with self._lock:
            self.calls[name] += 1
            self.requests.append((name, arguments))
        return self._operations[name](**arguments)


class FakePaginator:
    def __init__(self, client, name):
        self._client = client
        self._name = name

    def paginate(self, **arguments):
        arguments.pop("PaginationConfig", None)
        yield from self._client._call(self._name, arguments)


class FakeClients:
    """Clients by service and region, or by service for all regions."""

    region = "us-east-1"

    def __init__(self, clients):
        self._clients = clients

    def get(self, service, region):
        return self._clients.get((service, region)) or self._clients[service]
