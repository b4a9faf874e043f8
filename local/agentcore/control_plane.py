"""What the data plane asks the emulated account: who may call, and how a runtime is declared."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import Response

from local.agentcore import http_api
from local.agentcore.session import Code, Runtime, RuntimeUnknownError
from local.emulator.account import Account

_RETURNED_HEADERS = ("content-type", "x-amzn-errortype")


class ControlPlane:
    """The emulated account, as the data plane uses it.

    Args:
        account: Returns the account. Called at the first request.
        client: Forwards requests to the account.
    """

    def __init__(self, account: Callable[[], Account], client: httpx.AsyncClient) -> None:
        self._account = account
        self._client = client

    async def authorise(self, request: Request, body: bytes) -> Response | None:
        """Return the response that refuses a request, or None when the caller has permission.

        The account checks the signature and the IAM policies. It gets the request unchanged, because the signature
        covers the path, the headers and the body.
        """
        account = httpx.URL(self._account().endpoint)
        # Encode the path as the caller signed it: a proxy in between may have decoded it.
        arn, call = quote(request.path_params["arn"], safe=""), request.url.path.rsplit("/", 1)[-1]
        target = f"/runtimes/{arn}/{call}?{request.url.query}".encode()
        try:
            answer = await self._client.post(account.copy_with(raw_path=target), headers=request.headers, content=body)
        except httpx.HTTPError as problem:
            return http_api.error("InternalServerException", f"The emulated account does not answer: {problem!r}")
        # MiniStack cannot stop sessions. It answers InvalidAction only to callers that have the permission.
        if answer.is_success or answer.headers.get("x-amzn-errortype", "").startswith("InvalidAction"):
            return None
        headers = {name: answer.headers[name] for name in _RETURNED_HEADERS if name in answer.headers}
        return Response(answer.content, answer.status_code, headers)

    def describe(self, arn: str) -> Runtime:
        """Return the runtime as it is declared now. It may be updated at any time, so nothing is cached.

        Raises:
            RuntimeUnknownError: There is no such runtime.
        """
        client = self._account().client("bedrock-agentcore-control")
        try:
            runtime = client.get_agent_runtime(agentRuntimeId=arn.rsplit("/", 1)[-1])
        except ClientError as problem:
            raise RuntimeUnknownError(arn) from problem
        lifecycle = runtime.get("lifecycleConfiguration", {})
        declared = runtime["agentRuntimeArtifact"]["codeConfiguration"]
        bundle = declared["code"]["s3"]
        return Runtime(
            arn=arn,
            role_arn=runtime["roleArn"],
            code=Code(bucket=bundle["bucket"], key=bundle["prefix"], entry_point=declared["entryPoint"][-1]),
            version=runtime["agentRuntimeVersion"],
            platform_version=runtime.get("platformVersion", "V1"),
            environment=runtime.get("environmentVariables", {}),
            idle_seconds=lifecycle.get("idleRuntimeSessionTimeout", 900),
            lifetime_seconds=lifecycle.get("maxLifetime", 28_800),
        )
