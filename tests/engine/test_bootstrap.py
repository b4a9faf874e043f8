"""The bootstrap program under the real engine, and its README's commands in the order in which a person types them.

Everything outside a temporary folder is replaced: the home directory and S3 by a folder each, a KMS key by a
passphrase, and `make`, `aws` and `gh` by functions that only record their arguments. `pulumi up` needs Pulumi's
language host for Python, which the tests do not have: the Automation API deploys the same program instead, with the
stack, the settings and the backend that the commands before it have prepared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from components.testing.mocks import ACCOUNT, REGION
from tests.components.recorded import PROJECT
from tests.delivery import aws_cli
from tests.delivery.pages import blocks
from tests.delivery.test_readmes import BOOTSTRAP as README
from tests.engine import cli, workspace
from tests.engine.cloud import Cloud
from tests.engine.environment import environment
from tests.engine.provider import AwsProvider, serving
from tests.engine.workspace import EngineStack, Outcome

BOOTSTRAP = README.parent
UP = "pulumi up --stack account"
EXAMPLE = yaml.safe_load((BOOTSTRAP / "Pulumi.account.yaml.example").read_text())
STACKS: list[str] = EXAMPLE["config"]["agent-runs-bootstrap:stacks"]

STAND_INS = r"""
set -euo pipefail
calls="$HOME/calls"
note() { echo "$*" >>"$calls"; }
make() { note make "$@"; }
aws() {
  jq -cn '$ARGS.positional' --args -- "$@" >>"$HOME/aws-calls"
  case "$1" in sts) echo 123456789012 ;; esac
}
gh() { note gh "$@"; }
pulumi() {
  note pulumi "$@"
  case "$*" in
    "login --local") command pulumi login "file://$HOME/local" ;;
    "login s3://"*) command pulumi login "file://$HOME/bucket" ;;
    "stack init "*" --secrets-provider awskms://"*) command pulumi stack init "$3" --secrets-provider passphrase ;;
    *) command pulumi "$@" ;;
  esac
}
"""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """The result of following the README.

    Attributes:
        stack: The bootstrap's stack.
        outcomes: The outcomes of its preview, its deployment, and a preview after the last command.
        home: The person's home directory.
        before: The calls of commands before the deployment.
    """

    stack: EngineStack
    outcomes: Mapping[str, Outcome]
    home: Path
    before: Sequence[str]

    def calls(self, command: str) -> list[str]:
        """Return the arguments of each call of a command, in order."""
        lines = (self.home / "calls").read_text().splitlines()
        return [line.removeprefix(f"{command} ") for line in lines if line.startswith(f"{command} ")]


@pytest.fixture(scope="module")
def followed() -> Iterator[Followed]:
    if not shutil.which("jq"):
        (pytest.fail if os.environ.get(cli.REQUIRE) else pytest.skip)("The README's commands need jq: install it")
    before, up, after = "\n".join(blocks("bootstrap/README.md")).partition(UP)
    assert up, f"{README} does not contain '{UP}'"
    provider = AwsProvider(Cloud())
    with (
        tempfile.TemporaryDirectory(prefix="engine ") as temporary,
        serving(provider) as port,
        environment(Path(temporary), port) as env,
    ):
        home = Path(temporary)
        folder = copied(home) / "bootstrap"
        run(before, folder.parent, home)
        earlier = (home / "calls").read_text().splitlines()
        stack = EngineStack("account", folder, workspace.main_of(BOOTSTRAP), provider.cloud, provider, env)
        outcomes = {"preview": stack.preview(), "up": stack.up()}
        assert not outcomes["up"].error, outcomes["up"].output
        run(after, folder, home)
        outcomes["second preview"] = stack.preview()
        yield Followed(stack=stack, outcomes=outcomes, home=home, before=earlier)


def copied(home: Path) -> Path:
    """Return a writable copy of the project files that the CLI reads, with folders for two backends."""
    project = home / "project"
    for folder in ("project/bootstrap", "local", "bucket"):
        (home / folder).mkdir(parents=True)
    for file in (*PROJECT.glob("Pulumi*.yaml"), BOOTSTRAP / "Pulumi.yaml", BOOTSTRAP / "Pulumi.account.yaml.example"):
        shutil.copy(file, project / file.relative_to(PROJECT))
    return project


def run(script: str, folder: Path, home: Path) -> None:
    """Run commands in bash; the first one that fails fails the test, with its message."""
    path = f"{cli.find().parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["/usr/bin/env", "bash", "-c", STAND_INS + script],
        cwd=folder,
        env={**os.environ, "HOME": str(home), "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert shell.returncode == 0, shell.stdout


def test_the_account_is_previewed_and_deployed(followed: Followed) -> None:
    preview, up = followed.outcomes["preview"], followed.outcomes["up"]

    assert not preview.error, preview.output
    assert up.steps == preview.steps
    assert set(up.steps.values()) == {"create"}
    assert len(followed.stack.cloud.resources) == len(followed.stack.cloud.calls) == 15


def test_after_the_last_command_the_state_is_in_the_bucket_and_there_is_nothing_to_change(followed: Followed) -> None:
    preview = followed.outcomes["second preview"]

    assert (preview.error, preview.steps) == (False, {}), preview.output
    assert (followed.home / "bucket/.pulumi/stacks/agent-runs-bootstrap/account.json").exists()
    assert not (followed.stack.folder / "account.json").exists()


def test_the_account_s_stacks_exist_each_with_its_own_key(followed: Followed) -> None:
    logins = [call for call in followed.calls("pulumi") if call.startswith("login")]
    stacks = [call for call in followed.calls("pulumi") if call.startswith("stack init") and " account " not in call]

    assert logins == ["login --local", f"login s3://state-of-agent-runs-{ACCOUNT}-{REGION}?region={REGION}"]
    assert stacks == [
        f"stack init {stack} --secrets-provider awskms://alias/state-of-agent-runs-{stack}?region={REGION}"
        for stack in STACKS
    ]
    for stack in STACKS:
        assert (followed.home / f"bucket/.pulumi/stacks/agent-runs/{stack}.json").exists()
        file = (followed.home / f"project/Pulumi.{stack}.yaml").read_text()
        assert "encryptionsalt" in file
        boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary-agent-runs-{stack}"
        assert yaml.safe_load(file)["config"]["agent-runs:permissionsBoundary"] == boundary


def test_environments_are_protected_before_a_role_trusts_them(followed: Followed) -> None:
    assert [call for call in followed.before if call.startswith("gh")] == [
        f"gh api --method PUT repos/{{owner}}/{{repo}}/environments/{stack}{suffix} --input -"
        for suffix in ("", "-preview")
        for stack in STACKS
    ]


def test_github_gets_what_the_workflows_read(followed: Followed) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role"
    expected: dict[str, str] = {}
    for stack in STACKS:
        expected |= {
            f"AWS_REGION_{stack.upper()}": REGION,
            f"PULUMI_BACKEND_URL_{stack.upper()}": f"s3://state-of-agent-runs-{ACCOUNT}-{REGION}?region={REGION}",
            f"AWS_PREVIEW_ROLE_ARN_{stack.upper()}": f"{role}/preview-agent-runs-{stack}",
            f"PREVIEW_ENVIRONMENT_{stack.upper()}": f"{stack}-preview",
            f"AWS_DEPLOY_ROLE_ARN_{stack.upper()}": f"{role}/deploy-agent-runs-{stack}",
        }
    calls = followed.calls("gh")

    assert sorted(call for call in calls if call.startswith("variable")) == sorted(
        f"variable set {name} --body {value}" for name, value in expected.items()
    )


def test_aws_accepts_the_parameters_of_the_commands_and_the_region_may_store_spans(followed: Followed) -> None:
    called = [aws_cli.read(json.loads(line)) for line in (followed.home / "aws-calls").read_text().splitlines()]

    assert [(one.service, one.method) for one in called] == [
        ("sts", "get_caller_identity"),
        ("logs", "put_resource_policy"),
        ("xray", "update_trace_segment_destination"),
        ("xray", "get_trace_segment_destination"),
    ]
    (statement,) = json.loads(called[1].parameters["policyDocument"])["Statement"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert statement["Resource"][0] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws/spans:*"
