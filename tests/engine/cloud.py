"""An AWS account in memory. It refuses what the AWS provider and AWS would refuse."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.engine.behaviour import BEHAVIOURS, SERIAL, Behaviour
from tests.engine.faults import Faults
from tests.engine.schema import ResourceType, resource_type

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that the engine does not know yet."""


_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


class RefusedError(Exception):
    """The account refuses a request; the message is what the engine shows."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A resource that exists.

    Attributes:
        inputs: As the program gave them.
        outputs: Inputs and computed outputs.
        serial: A number that no other resource of the account has.
        region: Where it is.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    serial: int
    region: str


class Cloud:
    """The account.

    Attributes:
        resources: Type and id of everything that exists.
        faults: Faults on demand.
        filled_buckets: Names of the buckets that hold objects that Pulumi has not created.
        calls: Every create, update and delete so far, as (verb, type, id).
        agentcore_logs: Whether AgentCore creates the log group of a runtime with the runtime.
    """

    def __init__(self) -> None:
        self.resources: dict[tuple[str, str], Stored] = {}
        self.faults = Faults()
        self.filled_buckets: set[str] = set()
        self.calls: list[tuple[str, str, str]] = []
        self.agentcore_logs = False
        self._serial = 0
        self._lock = threading.Lock()

    def check(
        self, token: str, logical: str, news: dict[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> dict[str, Any]:
        """Return the inputs, with a generated name if the program gives none.

        Raises:
            RefusedError: The installed `pulumi_aws` has no such type, or `behaviour.py` does not describe it.
        """
        _known(token)
        name = _behaviour(token).name
        if name and name not in news:
            news[name] = olds.get(name) or f"{logical}-{seed.hex()[:7]}"
        return news

    def problems(self, token: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield each unknown or missing property, with the reason."""
        yield from _known(token).refuse(properties)

    def planned(
        self, token: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the outputs that a preview shows: computed ones are unknown until the resource exists."""
        computed = _known(token).computed
        return {**inputs, **{name: outputs[name] if outputs and name in outputs else UNKNOWN for name in computed}}

    def create(self, token: str, logical: str, inputs: Mapping[str, Any], region: str) -> tuple[str, Mapping[str, Any]]:
        """Create a resource and return its id and outputs.

        Raises:
            RefusedError: An input is unknown, a resource of that name exists, or the faults refuse it.
        """
        label = f"{token.rpartition(':')[-1]} {logical}"
        if label in self.faults.hang:
            self.faults.hanging.set()
            self.faults.released.wait()
            raise RefusedError(f"{label}: the request was cancelled")
        if label in self.faults.refuse:
            raise RefusedError(f"{label}: api error LimitExceededException: the account has reached its limit")
        _refuse_unknown(inputs, label)
        with self._lock:
            self._serial += 1
            stored = _stored(token, inputs, self._serial, region)
            id_ = _behaviour(token).id({**inputs, SERIAL: self._serial}, region)
            if (token, id_) in self.resources:
                raise RefusedError(f"{label}: api error AlreadyExists: there is a {token} with the id {id_}")
            self.resources[token, id_] = stored
            self.calls.append(("create", token, id_))
            if self.agentcore_logs and token.endswith(":AgentcoreAgentRuntime"):
                group = {"name": f"/aws/bedrock-agentcore/runtimes/{id_}-DEFAULT"}
                self.resources[_LOG_GROUP, group["name"]] = _stored(_LOG_GROUP, group, self._serial, region)
        return id_, stored.outputs

    def log_groups(self, prefix: str) -> list[str]:
        """Return the names of the log groups that begin with a prefix."""
        return [name for name, _ in self.of("LogGroup") if name.startswith(prefix)]

    def adopt(self, token: str, id_: str, inputs: Mapping[str, Any], region: str) -> Mapping[str, Any]:
        """Add a resource that an earlier program has created; return its outputs."""
        serial = int(id_[-12:]) if id_[-12:].isdigit() else self._serial
        self._serial = max(self._serial, serial)
        self.resources[token, id_] = stored = _stored(token, inputs, serial, region)
        return stored.outputs

    def read(self, token: str, id_: str) -> Stored | None:
        """Return a resource; None where it does not exist."""
        return self.resources.get((token, id_))

    def replaces(self, token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[set[str], set[str], bool]:
        """Return the inputs that differ, those of them that replace the resource, and whether deletion comes first.

        Deletion comes first where the new resource would have the name of the old one.
        """
        behaviour = _behaviour(token)
        differing = {
            name for name in olds.keys() | news.keys() if olds.get(name) != news.get(name) and name[:2] != "__"
        }
        name = behaviour.name
        renamed = name is not None and olds.get(name) != news.get(name)
        elsewhere = any(news.get(changed) == UNKNOWN for changed in differing)
        return differing, differing & (behaviour.replaced_by | {"region"}), not renamed and not elsewhere

    def update(self, token: str, id_: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a resource and return its outputs.

        Raises:
            RefusedError: It does not exist, or an input is unknown.
        """
        _refuse_unknown(inputs, id_)
        with self._lock:
            old = self._existing(token, id_)
            self.resources[token, id_] = new = _stored(token, inputs, old.serial, old.region)
            self.calls.append(("update", token, id_))
        return new.outputs

    def delete(self, token: str, id_: str) -> None:
        """Delete a resource; it is no error if it does not exist.

        Raises:
            RefusedError: It is a protected table, or a bucket that contains objects.
        """
        with self._lock:
            stored = self.resources.get((token, id_))
            if (
                stored
                and token.endswith(":Bucket")
                and id_ in self.filled_buckets
                and not stored.inputs.get("forceDestroy")
            ):
                raise RefusedError(f"api error BucketNotEmpty: {id_} holds objects")
            if stored and stored.inputs.get("deletionProtectionEnabled"):
                raise RefusedError(f"api error ValidationException: {id_} is protected against deletion")
            if self.resources.pop((token, id_), None):
                self.calls.append(("delete", token, id_))

    def lose(self, type_name: str) -> str:
        """Delete the first resource of a type without Pulumi, and return its id."""
        token, id_ = next(key for key in self.resources if key[0].endswith(f":{type_name}"))
        del self.resources[token, id_]
        return id_

    def of(self, type_name: str) -> list[tuple[str, Stored]]:
        """Return the id and content of every resource of a type."""
        return [(id_, stored) for (token, id_), stored in self.resources.items() if token.endswith(f":{type_name}")]

    def _existing(self, token: str, id_: str) -> Stored:
        if (token, id_) not in self.resources:
            raise RefusedError(f"api error ResourceNotFoundException: there is no {token} with the id {id_}")
        return self.resources[token, id_]


def _stored(token: str, inputs: Mapping[str, Any], serial: int, region: str) -> Stored:
    computed = _behaviour(token).computed({**inputs, SERIAL: serial}, region)
    return Stored(inputs=inputs, outputs={**inputs, **computed}, serial=serial, region=region)


def _behaviour(token: str) -> Behaviour:
    if token not in BEHAVIOURS:
        raise RefusedError(f"tests/engine/behaviour.py does not describe {token}: look it up in the provider's docs")
    return BEHAVIOURS[token]


def _known(token: str) -> ResourceType:
    found = resource_type(token)
    if found is None:
        raise RefusedError(f"the installed pulumi_aws has no type {token}")
    return found


def _refuse_unknown(value: Any, label: str) -> None:
    if value == UNKNOWN:
        raise RefusedError(f"{label}: a value that is not known yet cannot be sent to AWS")
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for child in children:
        _refuse_unknown(child, label)
