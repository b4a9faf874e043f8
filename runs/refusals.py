"""Turns the errors of AWS and of the network into one line with a remedy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from runs.errors import ExitStatus, RunsError

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN_KEYS = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "AuthFailure")
_DENIED = ("AccessDenied", "AccessDeniedException", "NotAuthorized")
_MISSING = ("ResourceNotFoundException", "NoSuchBucket", "StateMachineDoesNotExist", "NoSuchKey")
_BUSY = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown")


@contextlib.contextmanager
def explaining() -> Iterator[None]:
    """Raise `RunsError` in place of an error about which an operator can do something."""
    try:
        yield
    except RunsError:
        raise
    except Exception as error:
        explanation = explained(error)
        if explanation is None:
            raise
        raise explanation from error


def explained(error: Exception) -> RunsError | None:
    """Return what an operator can do about an error; None if that is not known."""
    if isinstance(error, RunsError):
        return error
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _of_aws(error.response["Error"].get("Code", ""), error.response["Error"].get("Message", ""), error)
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return RunsError("There are no AWS credentials: run 'aws sso login', or set AWS_PROFILE", ExitStatus.DENIED)
    if isinstance(error, exceptions.ProfileNotFound):
        return RunsError(f"{error}: correct AWS_PROFILE", ExitStatus.DENIED)
    if isinstance(error, (exceptions.TokenRetrievalError, exceptions.SSOError, exceptions.CredentialRetrievalError)):
        return RunsError(f"The credentials cannot be renewed ({error}): run 'aws sso login'", ExitStatus.DENIED)
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return RunsError(
            f"AWS did not respond ({error}): check the network, or whether the local stack is still running",
            ExitStatus.UNAVAILABLE,
        )
    return None


def _of_aws(code: str, message: str, error: Exception) -> RunsError | None:
    if code in _EXPIRED:
        return RunsError("The AWS credentials have expired: run 'aws sso login', or renew them", ExitStatus.DENIED)
    if code in _UNKNOWN_KEYS:
        return RunsError(f"AWS does not know these credentials ({code}): check AWS_PROFILE", ExitStatus.DENIED)
    if code in _DENIED or code.startswith("AccessDenied"):
        return RunsError(
            f"Access denied: {message or error}. docs/operating.md lists what 'runs' needs", ExitStatus.DENIED
        )
    if code in _MISSING:
        return RunsError(
            f"The stack's resources are not there ({message or code}): check --stack, the account and the region",
            ExitStatus.NOT_FOUND,
        )
    if code in _BUSY:
        return RunsError(f"AWS limits the requests ({code}): try again in a minute", ExitStatus.UNAVAILABLE)
    return None
