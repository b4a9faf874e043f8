"""Functions on x86_64 that could run on arm64, whose duration costs a fifth less."""

from __future__ import annotations

from dataclasses import replace

from agent.analysis import runtimes
from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import Architecture, FunctionProfile, PackageType


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose arm64 where the runtime exists on it; images must be rebuilt, so these are less sure."""
    assert profile.usage is not None
    if profile.architecture is Architecture.ARM64 or not _available(profile):
        return None
    if not profile.usage.invocations and not profile.provisioned:
        return None
    image = profile.package_type is PackageType.IMAGE
    native = image or bool(profile.layers) or runtimes.compiles_to_machine_code(profile.runtime)
    return Proposal(
        title="Runs on x86_64 although its runtime is available on arm64",
        evidence={
            "Architecture": profile.architecture.value,
            "Runtime": profile.runtime or "container image",
            "Package type": profile.package_type.value,
            "Layers": str(len(profile.layers)),
        },
        change=Change(
            summary="Architecture x86_64 → arm64",
            cli=_command(profile),
            pulumi='aws.lambda_.Function.architectures = ["arm64"]'
            + (", with an arm64 image_uri" if image else ", with code and layers built for arm64"),
        ),
        confidence=Level.LOW if native else Level.MEDIUM,
        risk=Level.MEDIUM if native else Level.LOW,
        risk_reason=(
            "It carries code built for x86_64 (image, layers or a compiled binary), which must be rebuilt for arm64."
            if native
            else "Packages with compiled parts must be there for arm64: shift traffic slowly, behind an alias."
        ),
        assumption="A run takes as long on arm64 as on x86_64.",
        after=replace(profile, architecture=Architecture.ARM64),
    )


def _available(profile: FunctionProfile) -> bool:
    return profile.package_type is PackageType.IMAGE or runtimes.runs_on_arm64(profile.runtime)


def _command(profile: FunctionProfile) -> str:
    target = f"aws lambda update-function-code --region {profile.region} --function-name {profile.name}"
    if profile.package_type is PackageType.IMAGE:
        return f"{target} --architectures arm64 --image-uri <repository>:<tag built for arm64>"
    return f"{target} --architectures arm64 --zip-file fileb://<package built for arm64>.zip"


RULE = Rule(name="architecture", title="x86_64 that could be arm64", propose=propose, needs=("usage",), monetary=True)
