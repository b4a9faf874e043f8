"""What a real account, or a model, can refuse: each refusal as one line that says what remedies it."""

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


def told(error: BotoCoreError | ClientError, *, model_id: str) -> str:
    """Returns one line about what AWS, or the way to it, has refused.

    Args:
        error: As boto3 raises it.
        model_id: The model that the analysis uses.
    """
    text = _of_request(error, model_id) if isinstance(error, ClientError) else _of_client(error)
    return " ".join(text.split())


def _of_client(error: BotoCoreError) -> str:
    if isinstance(error, exceptions.ProfileNotFound):
        return f"{error}: choose one that 'aws configure list-profiles' shows, with --profile"
    if isinstance(error, _EXPIRED_LOGIN):
        return f"The login has expired ({error}): run 'aws sso login', with the same --profile"
    if isinstance(error, _ABSENT_CREDENTIALS):
        return (
            f"There are no AWS credentials ({error}): run 'aws configure' or 'aws sso login', name a profile with "
            f"--profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; {POLICY} has the policy that they need"
        )
    if isinstance(error, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return f"AWS cannot be reached ({error}): check the network, and the names given with --regions"
    return f"AWS cannot be asked: {error}"


def _of_request(error: ClientError, model_id: str) -> str:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return f"The AWS credentials have expired ({code}): get new ones, with 'aws sso login' for instance"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}): get valid ones, or name another profile with --profile"
    if error.operation_name not in _MODEL_OPERATIONS:
        return f"AWS refuses {error.operation_name} ({code}): {message}; {POLICY} has the policy that is needed"
    return (
        f"Amazon Bedrock does not let this account use model {model_id} ({code}: {message}): ask for access to it in "
        f"the Bedrock console, allow bedrock:InvokeModel* ({POLICY}), choose another with --model-id, or another "
        "provider with --model-factory"
    )
