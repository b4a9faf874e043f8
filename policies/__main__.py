"""Serves the policy pack to `pulumi preview --policy-pack policies` and `pulumi up --policy-pack policies`."""

from pulumi_policy import EnforcementLevel, PolicyPack

# Pulumi runs this directory as a program of its own, so the rules are at the top here and not in `policies`.
from rules.pack import POLICIES  # type: ignore[import-not-found]

PolicyPack("agent-runs", policies=POLICIES, enforcement_level=EnforcementLevel.MANDATORY)
