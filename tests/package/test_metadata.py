"""The package's metadata uses no name that belongs to Pulumi or may belong to another person."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from package import provider as package
from package.metadata import metadata
from tests.components.recorded import PROJECT

DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.schema())
    return found


def test_the_schema_describes_the_package_as_the_project_does() -> None:
    described = {key: schema()[key] for key in ("description", "keywords", "license", "version")}

    assert described == {key: DECLARED[key] for key in described}
    assert schema()["displayName"] == "Fire and forget agents"


def test_the_package_is_in_the_namespace_of_the_project() -> None:
    # The pattern is that of Pulumi's schema.
    assert re.fullmatch(r"([a-z][a-z0-9]*)(-[a-z0-9]+)*", schema()["namespace"])
    assert schema()["namespace"] == schema()["publisher"] == DECLARED["name"]


def test_the_package_has_its_own_namespace_in_every_language() -> None:
    given = metadata("agent-runs", {**DECLARED, "name": "our-agents", "urls": {}})

    assert given.schema["namespace"] == "our-agents"
    assert given.languages == {
        "csharp": {"rootNamespace": "OurAgents"},
        "java": {"basePackage": "ouragents"},
        "go": {"importBasePath": "example.com/our-agents/sdk/go/agentruns"},
    }


def test_the_documentation_names_the_sdks_as_pulumi_generates_them() -> None:
    namespace, name = schema()["namespace"], schema()["name"]
    page = (PROJECT / "docs" / "second-agent.md").read_text()

    assert f"`@{namespace}/{name}` in TypeScript" in page
    assert f"`{namespace}_{name}`".replace("-", "_") in page


def test_the_schema_has_a_repository_only_if_the_project_has_one() -> None:
    urls = {"Repository": "https://example.com/fork", "Homepage": "https://example.com"}
    without, with_urls = (metadata("agent-runs", {**DECLARED, "urls": given}) for given in ({}, urls))

    assert {"repository", "homepage"} & set(without.schema) == set()
    assert (with_urls.schema["repository"], with_urls.schema["homepage"]) == tuple(urls.values())
    assert "go" not in with_urls.languages, "Pulumi derives the module's path from the repository"
