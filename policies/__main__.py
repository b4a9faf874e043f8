"""Serves the policy pack to `pulumi preview --policy-pack policies` and `pulumi up --policy-pack policies`."""

from pulumi_policy import EnforcementLevel, PolicyPack

# Pulumi runs this folder as its own program, so the package is called `rules` here and not `policies.rules`.
from rules.pack import POLICIES  # type: ignore[import-not-found]

PolicyPack("agent-runs", policies=POLICIES, enforcement_level=EnforcementLevel.MANDATORY)
