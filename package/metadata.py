"""The metadata of the Pulumi package, from pyproject.toml: a fork changes it there and nowhere else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components import PROJECT

# Reserved for examples (RFC 2606). A Go module needs a path. By default Pulumi derives a GitHub repository from the
# namespace, and that repository may belong to somebody else.
_NO_HOST = "example.com"


@dataclass(frozen=True, kw_only=True)
class PackageMetadata:
    """The package's version and its description in the schema.

    Attributes:
        version: The project's version.
        schema: Properties of the schema other than resources and types. They have a namespace, because Pulumi publishes
            a package without one under Pulumi's name, such as @pulumi/agent-runs.
        languages: Names by language that Pulumi does not derive correctly from a namespace with hyphens.
    """

    version: str
    schema: Mapping[str, Any]
    languages: Mapping[str, Mapping[str, str]]


def read_metadata(package: str) -> PackageMetadata:
    """Return the metadata of a package, such as "agent-runs"."""
    return metadata(package, tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"])


def metadata(package: str, project: Mapping[str, Any]) -> PackageMetadata:
    """Return the metadata of a package.

    Args:
        package: Name of the package.
        project: The table `project` of pyproject.toml. Its `urls` may contain `Repository` and `Homepage`.
    """
    namespace: str = project["name"]
    urls = {name.lower(): url for name, url in project.get("urls", {}).items()}
    found = {
        "displayName": namespace.replace("-", " ").capitalize(),
        "namespace": namespace,
        "publisher": namespace,
        "description": project["description"],
        "keywords": project["keywords"],
        "license": project["license"],
        "repository": urls.get("repository"),
        "homepage": urls.get("homepage"),
    }
    one_word = namespace.replace("-", "")
    languages = {
        "csharp": {"rootNamespace": namespace.title().replace("-", "")},
        "java": {"basePackage": one_word},
    }
    if not found["repository"]:
        languages["go"] = {"importBasePath": f"{_NO_HOST}/{namespace}/sdk/go/{package.replace('-', '')}"}
    return PackageMetadata(
        version=project["version"],
        schema={name: value for name, value in found.items() if value is not None},
        languages=languages,
    )
