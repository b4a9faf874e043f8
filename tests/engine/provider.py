"""Serves the account in memory to Pulumi's engine, by the protocol of a resource provider."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.engine.behaviour import ACCOUNT
from tests.engine.cloud import Cloud, RefusedError

# How the protocol marks a value that is more than plain data.
_MARKED = {rpc._special_secret_sig, rpc._special_output_value_sig}

# A stack is made by up to 16 requests at once, and one that hangs must not hold up the others.
_THREADS = 32


@contextlib.contextmanager
def serving(servicer: provider_pb2_grpc.ResourceProviderServicer) -> Iterator[int]:
    """Serve a provider on a free loopback port, and yield the port."""
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=[("grpc.max_receive_message_length", -1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The stand-in for the AWS provider.

    Attributes:
        cloud: The account that it works on.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        # One process serves all providers of a program; each has a connection of its own.
        self._regions: dict[str, str] = {}

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        self.cloud.faults.released.set()
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="7.51.1")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        configured = _opened(request.args).get("region") or request.variables.get("aws:config:region")
        if not configured:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Missing region: set aws:region")
        self._regions[context.peer()] = configured
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:
        region = self._region(context)
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": region, "id": region},
            "aws:index/getPartition:getPartition": {"partition": "aws", "id": "aws"},
            "aws:cloudwatch/getLogGroups:getLogGroups": {
                "logGroupNames": self.cloud.log_groups(_opened(request.args).get("logGroupNamePrefix", ""))
            },
        }
        if request.tok not in answers:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"tests/engine/provider.py does not answer {request.tok}")
        return provider_pb2.InvokeResponse(**{"return": _struct(answers[request.tok])})

    def Check(self, request: Any, context: Any) -> Any:
        token, logical = _identity(request.urn)
        news, olds = json_format.MessageToDict(request.news), json_format.MessageToDict(request.olds)
        with _refusals(context):
            news = self.cloud.check(token, logical, news, olds, request.randomSeed)
            failures = [
                provider_pb2.CheckFailure(property=path, reason=f"{token} {logical}: {path} {reason}")
                for path, reason in self.cloud.problems(token, _open(news))
            ]
        return provider_pb2.CheckResponse(inputs=_struct(news), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        token, _ = _identity(request.urn)
        olds = _opened(request.old_inputs)
        differing, replaces, fixed = self.cloud.replaces(token, olds, _opened(request.news))
        kinds = provider_pb2.PropertyDiff.Kind
        detailed = {
            name: provider_pb2.PropertyDiff(
                kind=kinds.UPDATE_REPLACE if name in replaces else kinds.UPDATE, inputDiff=True
            )
            for name in differing
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if differing else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=sorted(replaces),
            deleteBeforeReplace=bool(replaces) and fixed,
            diffs=sorted(differing),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        token, logical = _identity(request.urn)
        inputs = json_format.MessageToDict(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_struct(self.cloud.planned(token, inputs)))
        with _refusals(context):
            id_, outputs = self.cloud.create(token, logical, _open(inputs), self._region(context))
        return provider_pb2.CreateResponse(id=id_, properties=_struct({**outputs, **inputs}))

    def Read(self, request: Any, context: Any) -> Any:
        token, _ = _identity(request.urn)
        stored = self.cloud.read(token, request.id)
        if stored is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=request.id, properties=_struct(stored.outputs), inputs=request.inputs or _struct(stored.inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:
        token, _ = _identity(request.urn)
        inputs = json_format.MessageToDict(request.news)
        if request.preview:
            outputs: Mapping[str, Any] = self.cloud.planned(token, inputs, json_format.MessageToDict(request.olds))
        else:
            with _refusals(context):
                outputs = self.cloud.update(token, request.id, _open(inputs))
        return provider_pb2.UpdateResponse(properties=_struct({**outputs, **inputs}))

    def Delete(self, request: Any, context: Any) -> Any:
        with _refusals(context):
            self.cloud.delete(_identity(request.urn)[0], request.id)
        return empty_pb2.Empty()

    def _region(self, context: Any) -> str:
        return self._regions[context.peer()]


@contextlib.contextmanager
def _refusals(context: Any) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _identity(urn: str) -> tuple[str, str]:
    """Return type and logical name at the end of a URN."""
    types, _, name = urn.partition("::")[2].partition("::")[2].partition("::")
    return types.rpartition("$")[-1], name


def _opened(message: Any) -> dict[str, Any]:
    opened: dict[str, Any] = _open(json_format.MessageToDict(message))
    return opened


def _open(value: Any) -> Any:
    """Return plain data: what secrets and outputs hold."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) in _MARKED:
            return _open(value.get("value"))
        return {key: _open(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_open(item) for item in value]
    return value


def _struct(values: Mapping[str, Any]) -> Any:
    return json_format.ParseDict(values, struct_pb2.Struct())
