"""GitHub: the identity provider by which AWS believes what a workflow's token says, and what it must say."""

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
    """What AWS needs to know of GitHub.

    Attributes:
        settings: Which repository, and whether the account knows GitHub already.
    """

    settings: BootstrapSettings


class GitHub(pulumi.ComponentResource):
    """GitHub, as the account knows it.

    Attributes:
        provider_arn: ARN of the identity provider.
    """

    provider_arn: pulumi.Output[str]

    def __init__(self, name: str, args: GitHubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:GitHub", name, None, opts)
        self._settings = args.settings
        known = args.settings.identity_provider_arn
        self.provider_arn = pulumi.Output.from_input(known) if known else self._make_provider(name)
        self.register_outputs({"provider_arn": self.provider_arn})

    def trust(self, about: Sequence[str]) -> pulumi.Output[str]:
        """The trust policy of a role that the repository's workflows may take on.

        Args:
            about: What must be running, any of these, such as `environment:prod` or `pull_request`.
        """
        # Compared whole: a pattern here is how strangers' repositories get in.
        conditions = {
            f"{_ISSUER}:aud": _AUDIENCE,
            f"{_ISSUER}:sub": [self._settings.subject(one) for one in about],
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
