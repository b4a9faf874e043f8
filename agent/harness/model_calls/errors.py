"""Which errors of a model call pass, and what to do about the others.

A passing error may be gone when the call is repeated. Every other error is final. The codes are those of Amazon
Bedrock's ConverseStream: of the operation, and of its event stream, where they begin with a small letter (service model
`bedrock-runtime` in botocore). Strands passes them on as they are, except throttling and an input that is too long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import botocore.exceptions
import urllib3.exceptions
from botocore.eventstream import ParserError
from botocore.exceptions import ClientError, HTTPClientError
from strands.types.exceptions import EventLoopException, ModelThrottledException

_PASSING_CODES = frozenset(
    {
        "throttling",
        "serviceunavailable",
        "servicequotaexceeded",  # documented as "You can resubmit your request later"
        "internalserver",
        "internalfailure",
        "modelnotready",
        "modeltimeout",
        "modelerror",
        "modelstreamerror",
        "expiredtoken",  # the next attempt runs in a new session, with new credentials
    }
)
_PASSING_TYPES = (
    ModelThrottledException,
    HTTPClientError,  # timeouts and connections that are closed, before and in a stream
    botocore.exceptions.ConnectionError,
    botocore.exceptions.IncompleteReadError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.MetadataRetrievalError,
    urllib3.exceptions.HTTPError,
    ParserError,
    ConnectionError,
    TimeoutError,
)
_REMEDIES = {
    "validation": "The model would refuse this request again: check modelId, temperature and the agent's tools",
    "accessdenied": "Check that the account has access to modelId, and that the agent's role may invoke it",
    "resourcenotfound": "Set modelId to a model or inference profile that exists in this region and is not retired",
    "unrecognizedclient": "Give the agent's process valid credentials",
    "invalidsignature": "Give the agent's process valid credentials, and check its clock",
}
_MODEL_OPERATIONS = ("Converse", "ConverseStream")
# How botocore formats its errors. Only the text is left of an error that a library has wrapped.
_TEXT = re.compile(r"An error occurred \((?P<code>\w+)\) when calling the (?P<operation>\w+) operation")
_TOO_MANY_REQUESTS = 429
_LOWEST_SERVER_ERROR = 500


def original(error: Exception) -> Exception:
    """Return the error that Strands has wrapped. It wraps the errors of all turns but the first."""
    while isinstance(error, EventLoopException):
        error = error.original_exception
    return error


def is_passing(error: Exception) -> bool:
    """Return whether a model call that failed with this error may succeed if it is repeated."""
    error = original(error)
    if isinstance(error, _PASSING_TYPES):
        return True
    failure = _Failure.of(error)
    return failure is not None and (failure.code in _PASSING_CODES or failure.is_temporary_status)


def is_refused_request(error: Exception) -> bool:
    """Return whether the model refused the request itself, such as a conversation with a result without its call."""
    failure = _Failure.of(original(error))
    return failure is not None and failure.operation in _MODEL_OPERATIONS and failure.code == "validation"


def described(error: Exception) -> str:
    """Return the message of an error, with a remedy if it is a final error of a model call."""
    message = str(error) or repr(error)
    failure = _Failure.of(error)
    if failure is None or failure.operation not in _MODEL_OPERATIONS or failure.code not in _REMEDIES:
        return message
    return f"{message.rstrip('.')}. {_REMEDIES[failure.code]}."


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """An error of an AWS service: its code in small letters without "Exception", its operation and its HTTP status."""

    code: str
    operation: str
    status: int = 0

    @classmethod
    def of(cls, error: Exception) -> _Failure | None:
        if isinstance(error, ClientError):
            code, operation = error.response.get("Error", {}).get("Code", ""), error.operation_name
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        elif found := _TEXT.search(str(error)):
            code, operation, status = found["code"], found["operation"], 0
        else:
            return None
        return cls(code=code.lower().removesuffix("exception"), operation=operation, status=status)

    @property
    def is_temporary_status(self) -> bool:
        return self.status == _TOO_MANY_REQUESTS or self.status >= _LOWEST_SERVER_ERROR
