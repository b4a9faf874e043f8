"""A declared resource, a created resource, and the table of the functions that create them."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from local.emulator.account import Account


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One resource of the program.

    Attributes:
        type: The provider's type token, such as `aws:sqs/queue:Queue`.
        name: The logical name within the program.
        properties: The inputs under the provider's names (camelCase). Secrets are plain; whole numbers are integers.
        directory: The program's directory. Paths of assets are relative to it.
        function_environment: Environment variables to add to every Lambda function.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    directory: Path
    function_environment: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        """Return a property that the provider requires."""
        return self.properties[key]

    def get(self, key: str) -> Any:
        """Return a property, or None when the program does not set it."""
        return self.properties.get(key)

    def physical_name(self, key: str = "name") -> str:
        """Return the name in the account: the declared one, or the logical name with a random suffix."""
        suffix = uuid.uuid4().hex[:7]
        if prefix := self.get(f"{key}Prefix"):
            return f"{prefix}{suffix}"
        return str(self.get(key) or f"{self.name}-{suffix}")

    def content(self, asset: Any) -> bytes:
        """Return the bytes of an asset, or of an archive's zip file.

        Raises:
            TypeError: This kind of asset is not supported.
        """
        if isinstance(asset, pulumi.FileAsset):
            return (self.directory / asset.path).read_bytes()
        if isinstance(asset, pulumi.StringAsset):
            return asset.text.encode()
        if isinstance(asset, pulumi.FileArchive):
            path = self.directory / asset.path
            return _zip(path) if path.is_dir() else path.read_bytes()
        raise TypeError(f"{type(asset).__name__} is not supported locally: give a file or a directory")


@dataclass(frozen=True, kw_only=True)
class Created:
    """What the provider would return: the id, and the computed outputs under the provider's names."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


Creator = Callable[[Account, Declaration], Created]

CREATORS: dict[str, Creator] = {}


def creates(type_token: str) -> Callable[[Creator], Creator]:
    """Register the decorated function as the creator of a type."""

    def register(creator: Creator) -> Creator:
        CREATORS[type_token] = creator
        return creator

    return register


def given(**arguments: Any) -> dict[str, Any]:
    """Return the arguments that are not None: AWS refuses a parameter that is null."""
    return {name: value for name, value in arguments.items() if value is not None}


def pascal(value: Any) -> Any:
    """Rename keys from the provider's camelCase to the PascalCase of most AWS APIs, at every depth."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


def tag_list(declaration: Declaration) -> list[dict[str, str]] | None:
    """Return the tags as the list of pairs that most AWS APIs take, or None when there are none."""
    tags = declaration.get("tags")
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def document(value: Any) -> str:
    """Return a policy document as JSON text. The program may declare it as text or as a mapping."""
    return value if isinstance(value, str) else json.dumps(value)


def _zip(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.getvalue()
