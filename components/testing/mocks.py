"""Mocks: a stand-in for the AWS provider in unit tests.

The module is below `components`, so a program that uses the components can import it without our test tree.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

ACCOUNT, REGION = "123456789012", "eu-west-1"

# A declared resource is registered within milliseconds. A longer wait only delays the error about a missing one.
_PATIENCE_SECONDS = 20


def _arn(service: str, resource: str) -> Callable[[str], dict[str, Any]]:
    return lambda name: {"arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}{name}"}


# The outputs that the provider computes and the components read.
_COMPUTED: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": lambda name: {
        "agentRuntimeId": f"{name}-Ab12345678",
        "agentRuntimeArn": f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/{name}-Ab12345678",
    },
    "aws:bedrock/agentcoreOnlineEvaluationConfig:AgentcoreOnlineEvaluationConfig": lambda name: {
        "onlineEvaluationConfigId": f"{name}-Ab12345678",
        "onlineEvaluationConfigArn": (
            f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:online-evaluation-config/{name}-Ab12345678"
        ),
    },
    "aws:cloudwatch/eventBus:EventBus": _arn("events", "event-bus/"),
    "aws:cloudwatch/eventRule:EventRule": _arn("events", "rule/bus/"),
    "aws:cloudwatch/logGroup:LogGroup": _arn("logs", "log-group:"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _arn("cloudwatch", "alarm:"),
    "aws:dynamodb/table:Table": _arn("dynamodb", "table/"),
    "aws:iam/policy:Policy": lambda name: {"arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}"},
    "aws:iam/role:Role": lambda name: {"arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"},
    "aws:kms/key:Key": lambda name: {"keyId": name, **_arn("kms", "key/")(name)},
    "aws:lambda/function:Function": _arn("lambda", "function:"),
    "aws:s3/bucket:Bucket": lambda name: {"arn": f"arn:aws:s3:::{name}"},
    "aws:scheduler/scheduleGroup:ScheduleGroup": _arn("scheduler", "schedule-group/"),
    "aws:sfn/stateMachine:StateMachine": _arn("states", "stateMachine:"),
    "aws:sns/topic:Topic": _arn("sns", ""),
    "aws:sqs/queue:Queue": lambda name: {
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
        **_arn("sqs", "")(name),
    },
}
_CALLS: Mapping[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "aws:index/getRegion:getRegion": {"region": REGION},
    "aws:index/getPartition:getPartition": {"partition": "aws"},
}


class Mocks(pulumi.runtime.Mocks):
    """The AWS provider in unit tests: account 123456789012, region eu-west-1, where every creation succeeds.

    Pass it to `pulumi.runtime.set_mocks`. Extend `new_resource` or `call` in a subclass where your program reads other
    computed outputs or calls other functions.
    """

    def __init__(self) -> None:
        # Pulumi registers resources from several threads at once.
        self._lock = threading.Lock()
        self._inputs: defaultdict[tuple[str, str], Future[Mapping[str, Any]]] = defaultdict(Future)

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Return the resource's id and its outputs: the inputs, and what the provider computes from the name."""
        name = next(
            (
                args.inputs[k]
                for k in ("name", "bucket", "agentRuntimeName", "onlineEvaluationConfigName")
                if k in args.inputs
            ),
            args.name,
        )
        with self._lock:
            registered = self._inputs[args.typ, args.name]
        # Two resources of one type and name differ in their parents: the first one counts.
        if not registered.done():
            registered.set_result(args.inputs)
        computed = _COMPUTED[args.typ](name) if args.typ in _COMPUTED else {}
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override]  # the SDK takes a dict as well
        """Return the result of a provider's function.

        Raises:
            KeyError: The components do not call the function: a subclass must answer it.
        """
        return _CALLS[args.token]

    def inputs(self, resource: type[pulumi.CustomResource], name: str) -> pulumi.Output[Mapping[str, Any]]:
        """Return the inputs of a declared resource, under the provider's names (`messageRetentionSeconds`).

        Args:
            resource: The resource's class, as in `aws.sqs.Queue`.
            name: The resource's Pulumi name.

        Raises:
            LookupError: When the output is resolved, if the program has not declared this resource.
        """
        token: str = resource.pulumi_type  # type: ignore[attr-defined]
        return pulumi.Output.from_input(self._wait_for(token, name))

    async def _wait_for(self, token: str, name: str) -> Mapping[str, Any]:
        with self._lock:
            registered = self._inputs[token, name]
        try:
            return await asyncio.wait_for(asyncio.wrap_future(registered), _PATIENCE_SECONDS)
        except TimeoutError as late:
            with self._lock:
                known = [key for key, inputs in self._inputs.items() if inputs.done() and not inputs.cancelled()]
            names = sorted(other for of_type, other in known if of_type == token)
            raise LookupError(f"No {token} is called {name}: choose one of {names}, or declare it") from late
