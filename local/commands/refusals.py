"""Explain errors of AWS, of the credentials and of the model in one line each: what is wrong, then what to do."""

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

POLICY = "docs/live-analysis.md"

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
_MODEL_OPERATIONS = {"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"}

_ABSENT_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
)
_EXPIRED_LOGIN = (
    exceptions.SSOTokenLoadError,
    exceptions.TokenRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
)


def explain(error: BotoCoreError | ClientError, *, model_id: str) -> str:
    """Return one line that explains an error of boto3 and its remedy.

    Args:
        error: The error.
        model_id: The model that the analysis uses.
    """
    text = _response_error(error, model_id) if isinstance(error, ClientError) else _client_error(error)
    return " ".join(text.split())


def _client_error(error: BotoCoreError) -> str:
    if isinstance(error, exceptions.ProfileNotFound):
        return f"{error}: name one from 'aws configure list-profiles' with --profile"
    if isinstance(error, _EXPIRED_LOGIN):
        return f"The login has expired ({error}): run 'aws sso login' with the same --profile"
    if isinstance(error, _ABSENT_CREDENTIALS):
        return (
            f"There are no AWS credentials ({error}): run 'aws configure' or 'aws sso login', name a profile with "
            f"--profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. {POLICY} has the policy that they need"
        )
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return f"AWS cannot be reached ({error}): check the network and the names in --regions"
    return f"The request to AWS failed: {error}"


def _response_error(error: ClientError, model_id: str) -> str:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials have expired ({code}): get new ones, for example with 'aws sso login'"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}): get valid ones, or name another profile with --profile"
    if error.operation_name not in _MODEL_OPERATIONS:
        return f"AWS refused {error.operation_name} ({code}: {message}): add the policy of {POLICY}"
    return (
        f"Amazon Bedrock refused model {model_id} ({code}: {message}): request access to it in the Bedrock console, "
        f"allow bedrock:InvokeModel* ({POLICY}), choose another model with --model-id, or another provider with "
        "--model-factory"
    )
