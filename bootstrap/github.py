"""GitHub: the identity provider that lets AWS accept a workflow's token, and the trust policies for these tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.settings import BootstrapSettings

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class GitHubArgs:
    """Inputs of the identity provider.

    Attributes:
        settings: The settings of the account.
    """

    settings: BootstrapSettings


class GitHub(pulumi.ComponentResource):
    """GitHub as an identity provider of the account.

    Attributes:
        provider_arn: ARN of the identity provider.
    """

    provider_arn: pulumi.Output[str]

    def __init__(self, name: str, args: GitHubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:GitHub", name, None, opts)
        self._settings = args.settings
        existing = args.settings.identity_provider_arn
        self.provider_arn = pulumi.Output.from_input(existing) if existing else self._make_provider(name)
        self.register_outputs({"provider_arn": self.provider_arn})

    def trust(self, contexts: Sequence[str]) -> pulumi.Output[str]:
        """Return the trust policy of a role that the repository's workflows may assume.

        Args:
            contexts: The workflow must run in one of these, such as `environment:prod` or `pull_request`.
        """
        # Exact comparison: a pattern here could also match repositories of strangers.
        conditions = {
            f"{_ISSUER}:aud": _AUDIENCE,
            f"{_ISSUER}:sub": [self._settings.subject(context) for context in contexts],
        }
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": conditions},
        }
        return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})

    def _make_provider(self, name: str) -> pulumi.Output[str]:
        provider = aws.iam.OpenIdConnectProvider(
            name,
            url=f"https://{_ISSUER}",
            client_id_lists=[_AUDIENCE],
            tags=self._settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        arn: pulumi.Output[str] = provider.arn
        return arn
