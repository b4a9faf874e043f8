"""What a program declares, what became of it, and the table of who makes the one from the other."""

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
        properties: The inputs under the provider's names (camelCase), secrets opened, whole numbers as integers.
        directory: The program's directory, to which the paths of assets are relative.
        function_environment: What every Lambda function's environment gets from outside the program.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    directory: Path
    function_environment: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        """Returns a property that the provider's schema requires."""
        return self.properties[key]

    def get(self, key: str) -> Any:
        """Returns a property, or None where the program leaves it out."""
        return self.properties.get(key)

    def physical_name(self, key: str = "name") -> str:
        """Returns the name in the account: as declared, or the logical one made unique as the provider makes it."""
        suffix = uuid.uuid4().hex[:7]
        if prefix := self.get(f"{key}Prefix"):
            return f"{prefix}{suffix}"
        return str(self.get(key) or f"{self.name}-{suffix}")

    def content(self, asset: Any) -> bytes:
        """Returns the bytes of an asset; of an archive, those of its zip file.

        Raises:
            TypeError: For kinds of assets that no program here has needed.
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
    """What the provider would answer: the resource's id, and its computed outputs under the provider's names."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


Creator = Callable[[Account, Declaration], Created]

CREATORS: dict[str, Creator] = {}


def creates(*types: str) -> Callable[[Creator], Creator]:
    """Enters the decorated function into the table for these type tokens."""

    def enter(creator: Creator) -> Creator:
        CREATORS.update(dict.fromkeys(types, creator))
        return creator

    return enter


def given(**arguments: Any) -> dict[str, Any]:
    """Returns the arguments that have a value: AWS tells a parameter that is left out from an empty one."""
    return {name: value for name, value in arguments.items() if value is not None}


def pascal(value: Any) -> Any:
    """Renames keys from the provider's camelCase to the PascalCase of most AWS APIs, at every depth."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: pascal(item) for key, item in value.items()}
    return [pascal(item) for item in value] if isinstance(value, list) else value


def tag_list(declaration: Declaration) -> list[dict[str, str]] | None:
    """Returns the tags as the list of pairs that most AWS APIs take."""
    tags = declaration.get("tags")
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def document(value: Any) -> str:
    """Returns a policy document as JSON text, whether it was declared as text or as a mapping."""
    return value if isinstance(value, str) else json.dumps(value)


def _zip(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(directory))
    return buffer.getvalue()
