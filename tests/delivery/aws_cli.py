"""Commands of the AWS CLI in the documentation and in messages: read as the CLI reads them, against AWS's models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import Shape
from botocore.validate import validate_parameters

_GLOBAL_OPTIONS = {"--output", "--query", "--region"}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: the method of a boto3 client, with its parameters."""

    service: str
    method: str
    parameters: dict[str, Any]


def read(arguments: Sequence[str]) -> Command:
    """Return what a command does.

    Args:
        arguments: The words after `aws`.

    Raises:
        KeyError: The service has no such operation, or the operation no such option.
        botocore.exceptions.ParamValidationError: The service refuses the parameters.
    """
    service, operation, *options = arguments
    model = botocore.session.get_session().get_service_model(service)
    name = {xform_name(name, "-"): name for name in model.operation_names}[operation]
    shape = model.operation_model(name).input_shape
    members = {f"--{xform_name(member, '-')}": member for member in shape.members}
    parameters = {
        members[option]: _value(shape.members[members[option]], text)
        for option, text in zip(options[::2], options[1::2], strict=True)
        if option not in _GLOBAL_OPTIONS
    }
    validate_parameters(parameters, shape)
    return Command(service=service, method=xform_name(name), parameters=parameters)


def _value(shape: Shape, text: str) -> Any:
    return json.loads(text) if shape.type_name in {"list", "map", "structure"} else text
