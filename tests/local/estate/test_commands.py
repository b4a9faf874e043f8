"""The commands of a report, run against the emulated account: what is applied and undone is as it was before."""

import re
import shlex

import pytest
from botocore import xform_name

from local.estate import filling
from local.estate.sample import MIXED
from tests.local.estate.test_estate import analysed

pytestmark = pytest.mark.local

# Rules whose commands only read.
READING = {"errors"}
# What deletes a function copies its code first, from an address that only AWS serves to everybody.
COPYING = {"idle"}
# Options of the AWS CLI itself.
CLI_OPTIONS = {"region", "query", "output", "max-items"}
PACKAGE = filling.package()
# What changes with every update.
VOLATILE = {"CodeSha256", "LastModified", "ResponseMetadata", "RevisionId"}


@pytest.fixture(scope="module")
def findings(account):
    with pytest.MonkeyPatch.context() as patch:
        return analysed(account, patch, MIXED).findings


def value(shape, text):
    """Return the value of an option as the AWS CLI understands it."""
    if shape.type_name == "structure":
        pairs = (pair.split("=", 1) for pair in text.split(","))
        return {name: value(shape.members[name], one) for name, one in pairs}
    if shape.type_name == "list":
        return [text]
    if shape.type_name == "blob":
        return PACKAGE
    return int(text) if shape.type_name in ("integer", "long") else text


def run(account, script):
    """Run the commands of a script. Return how many there were."""
    commands = [line for line in script.splitlines() if line.startswith("aws ")]
    for line in commands:
        _, service, name, *words = shlex.split(re.sub(r"<[^>]+>", "filled-in", line))
        options = {option[2:]: text for option, text in zip(words[::2], words[1::2], strict=True)}
        client = account.client(service)
        operation = next(one for one in client.meta.service_model.operation_names if xform_name(one, "-") == name)
        members = client.meta.service_model.operation_model(operation).input_shape.members
        shapes = {xform_name(one, "-"): (one, shape) for one, shape in members.items()}
        given = {
            shapes[option][0]: value(shapes[option][1], text)
            for option, text in options.items()
            if option not in CLI_OPTIONS
        }
        getattr(client, xform_name(operation))(**given)
        if service == "lambda":
            client.get_waiter("function_updated_v2").wait(
                FunctionName=options["function-name"], WaiterConfig={"Delay": 0.05}
            )
    return len(commands)


def state(account, name):
    """Return what the commands can change of a function."""
    functions, logs = account.client("lambda"), account.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    answers = {
        "function": functions.get_function_configuration(FunctionName=name),
        "concurrency": functions.get_function_concurrency(FunctionName=name),
        "aliases": functions.list_aliases(FunctionName=name)["Aliases"],
        "provisioned": functions.list_provisioned_concurrency_configs(FunctionName=name)[
            "ProvisionedConcurrencyConfigs"
        ],
        "retention": [one.get("retentionInDays") for one in groups if one["logGroupName"] == f"/aws/lambda/{name}"],
    }
    return stable(answers)


def stable(answer):
    if isinstance(answer, dict):
        return {name: stable(one) for name, one in answer.items() if name not in VOLATILE}
    return [stable(one) for one in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize("rule", sorted({known.rule for known in MIXED.known} - COPYING))
def test_a_change_that_is_applied_and_undone_leaves_the_function_as_it_was(account, findings, rule):
    for finding in [one for one in findings if one.rule == rule]:
        before = state(account, finding.function)
        assert run(account, finding.proposal.change.cli)
        assert (state(account, finding.function) == before) == (rule in READING)
        run(account, finding.proposal.change.undo)
        assert state(account, finding.function) == before
