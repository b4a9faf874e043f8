"""Each change can be undone: its commands, and then those that undo it, leave the function as it was."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import replace

import botocore.session
import pytest
from botocore import xform_name

from agent.analyst.analysis.profile import Architecture, FunctionProfile, PackageType, ProvisionedConcurrency
from agent.analyst.rules import RULES
from tests.agent.analyst.analysis.profiles import healthy, proposal
from tests.agent.analyst.rules.wasteful import WASTEFUL

FOUND = {
    **WASTEFUL,
    "provisioned-concurrency": healthy(
        provisioned=(
            ProvisionedConcurrency(qualifier="live", units=20, peak_utilization=0.1),
            ProvisionedConcurrency(qualifier="7", units=3, peak_utilization=0.0),
        )
    ),
}
# The commands of these rules only read.
READING = {"errors", "extensions", "cold-starts"}
# What these rules delete cannot be restored, and the change says so.
FINAL = {"snapstart-cache", "old-versions"}
# What the AWS CLI adds to the parameters of the API.
CLI_OPTIONS = {"region", "query", "output", "cli-input-json", "max-items", "zip-file"}


def commands(script: str) -> list[list[str]]:
    """Return the AWS CLI commands of a script as words."""
    # The command of a loop is checked like any other.
    lines = [re.sub(r"^for .*; do (.*); done$", r"\1", line) for line in script.splitlines()]
    return [shlex.split(re.sub(r"<[^>]+>", "1", line), comments=True) for line in lines if line.startswith("aws ")]


def options(words: list[str]) -> dict[str, str]:
    return {
        words[place][2:]: words[place + 1]
        for place in range(3, len(words) - 1)
        if words[place].startswith("--") and not words[place + 1].startswith("--")
    }


def state(profile: FunctionProfile) -> dict[str, str]:
    """Return what the commands can change, as they write it."""
    logs = profile.log_group
    return {
        "memory-size": str(profile.memory_mb),
        "timeout": str(profile.timeout_seconds),
        "runtime": str(profile.runtime),
        "architectures": profile.architecture.value,
        "ephemeral-storage": f"Size={profile.ephemeral_storage_mb}",
        "logging-config": f"LogFormat=Text,LogGroup={profile.log_group_name}",
        "reserved-concurrent-executions": str(profile.reserved_concurrency),
        "snap-start": "ApplyOn=None",
        "recursive-loop": "Allow",
        "maximum-retry-attempts": str(profile.async_config.retries if profile.async_config else 2),
        "polled": "enabled",
        **({f"retention of {logs.name}": str(logs.retention_days)} if logs else {}),
        **{f"provisioned on {one.qualifier}": str(one.units) for one in profile.provisioned or ()},
    }


def run(script: str, settings: dict[str, str]) -> dict[str, str]:
    """Return the settings after a script."""
    for words in commands(script):
        given = options(words)
        match words[2].split("-"):
            case ["update", "function", _]:
                settings = settings | {name: given[name] for name in settings.keys() & given.keys()}
            case ["put", "function", "concurrency"]:
                settings = settings | {"reserved-concurrent-executions": given["reserved-concurrent-executions"]}
            case [verb, "provisioned", "concurrency", "config"]:
                units = given.get("provisioned-concurrent-executions") if verb == "put" else None
                settings = settings | {f"provisioned on {given['qualifier']}": units}
            case [verb, "retention", "policy"]:
                days = given["retention-in-days"] if verb == "put" else "None"
                settings = settings | {f"retention of {given['log-group-name']}": days}
            case ["put" | "update", "function", "recursion" | "event", *_]:
                settings = settings | {name: given[name] for name in settings.keys() & given.keys()}
            case ["update", "event", "source", "mapping"]:
                settings = settings | {"polled": "disabled" if "--no-enabled" in words else "enabled"}
            case ["delete", "function"]:
                settings = {}
            case ["create", "function"]:
                settings = given
    return settings


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.name not in FINAL])
def test_undoing_a_change_restores_every_setting(rule):
    profile = FOUND[rule]
    change = proposal(rule, profile).change
    before = state(profile)
    changed = run(change.cli, before)
    assert (changed == before) == (rule in READING)
    undone = run(change.undo, changed)
    # A function that is created again has the settings that the command names.
    compared = before.keys() & undone.keys() if rule == "idle" else before.keys()
    assert {name: undone[name] for name in compared} == {name: before[name] for name in compared}


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_aws_accepts_each_command(rule):
    session = botocore.session.get_session()
    for profile in (FOUND[rule], replace(FOUND[rule], has_versions=True)):
        change = proposal(rule, profile).change
        for words in (one for script in (change.cli, change.undo) for one in commands(script)):
            service = session.get_service_model(words[1])
            if words[2] == "wait":
                continue
            operation = next(name for name in service.operation_names if xform_name(name, "-") == words[2])
            shape = service.operation_model(operation).input_shape
            known = {xform_name(name, "-") for name in shape.members} | CLI_OPTIONS
            assert set(options(words)) <= known, words
            required = {xform_name(name, "-") for name in shape.required_members}
            assert required - {"code"} <= set(options(words)), words


@pytest.mark.parametrize("rule", sorted(FINAL))
def test_a_comment_names_each_setting_that_cannot_be_undone(rule):
    assert proposal(rule, FOUND[rule]).change.undo.startswith("# Deleted versions do not come back")


def test_a_runtime_that_aws_no_longer_accepts_is_not_restored():
    assert proposal("deprecated-runtime", healthy(runtime="python3.8")).change.undo.endswith("--runtime python3.8")
    refused = proposal("deprecated-runtime", healthy(runtime="python2.7")).change.undo
    assert refused.startswith("# AWS no longer accepts the old runtime.")


def test_undoing_a_published_change_moves_alias_and_provisioned_version_back():
    provisioned = (
        ProvisionedConcurrency(qualifier="live", units=2, peak_utilization=0.5),
        ProvisionedConcurrency(qualifier="7", units=3, peak_utilization=0.5),
    )
    target = "--region us-east-1 --function-name healthy"
    assert proposal("timeout", replace(WASTEFUL["timeout"], provisioned=provisioned)).change.undo.splitlines() == [
        f"aws lambda update-function-configuration {target} --timeout 900",
        f"aws lambda update-alias {target} --name live --function-version <the version before>",
        f"aws lambda put-provisioned-concurrency-config {target} --qualifier 7 --provisioned-concurrent-executions 3",
        f"aws lambda delete-provisioned-concurrency-config {target} --qualifier <the new version>",
    ]


def test_a_function_is_copied_before_it_is_deleted():
    lines = proposal("idle", FOUND["idle"]).change.cli.splitlines()
    assert lines[0] == "aws lambda get-function --region us-east-1 --function-name healthy > healthy.json &&"
    assert lines[1].startswith("curl --fail --output healthy.zip ")
    assert lines[2].startswith("aws lambda delete-function ")
    image = replace(FOUND["idle"], runtime=None, package_type=PackageType.IMAGE, architecture=Architecture.X86_64)
    change = proposal("idle", image).change
    assert "curl" not in change.cli
    assert "--package-type Image --code ImageUri=<Code.ImageUri>" in change.undo


@pytest.mark.parametrize(
    ("failing", "done"),
    [
        ("get-function", ["get-function"]),
        ("curl", ["get-function", "get-function", "curl"]),
        ("none", ["get-function", "get-function", "curl", "delete-function", "delete-log-group"]),
    ],
)
def test_a_function_whose_copy_failed_is_not_deleted(tmp_path, failing, done):
    log = tmp_path / "log"
    for program, command in (("aws", "$2"), ("curl", "curl")):
        file = tmp_path / program
        file.write_text(f'#!/bin/sh\necho "{command}" >> "{log}"\ntest "{command}" != {failing}\n')
        file.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", proposal("idle", FOUND["idle"]).change.cli], cwd=tmp_path, env=environment)
    assert log.read_text().split() == done
