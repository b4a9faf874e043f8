"""Finds functions on x86_64 that could run on arm64, where duration costs 20% less."""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis import runtimes
from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import Architecture, FunctionProfile, PackageType
from agent.analyst.rules import changes, lambda_at_edge, missing

# x86_64 costs a quarter more, for a second of duration as for an hour of provisioned concurrency.
BREAK_EVEN = 1.25


def propose(profile: FunctionProfile) -> Answer:
    """Propose arm64 where the runtime supports it.

    Confidence is lower for code that must be rebuilt and for functions that CloudFront may run.
    """
    if profile.architecture is Architecture.ARM64 or not _available(profile):
        return None
    if profile.usage is None:
        return missing.USAGE
    if not profile.usage.invocations and not profile.provisioned:
        return None
    image = profile.package_type is PackageType.IMAGE
    native = image or bool(profile.layers) or runtimes.compiles_to_machine_code(profile.runtime)
    edge = lambda_at_edge.possible(profile)
    package = "--image-uri <repository>:<tag" if image else "--zip-file fileb://<package"
    return Proposal(
        title="Runs on x86_64 although its runtime is available on arm64",
        evidence={
            "Architecture": profile.architecture.value,
            "Runtime": profile.runtime or "container image",
            "Package type": profile.package_type.value,
            "Layers": str(len(profile.layers)),
        },
        change=changes.of_function(
            profile,
            summary="Architecture x86_64 → arm64",
            operation=changes.CODE,
            options=f"--architectures arm64 {package} built for arm64>" + ("" if image else ".zip"),
            undo=f"--architectures x86_64 {package} built for x86_64>" + ("" if image else ".zip"),
            pulumi='aws.lambda_.Function.architectures = ["arm64"]'
            + (", with an arm64 image_uri" if image else ", with code and layers built for arm64"),
        ),
        confidence=Level.LOW if native or edge else Level.MEDIUM,
        risk=Level.MEDIUM if native or edge else Level.LOW,
        risk_reason=(
            "It contains code built for x86_64 (image, layers or a compiled binary): rebuild that for arm64."
            if native
            else "Dependencies with compiled parts must be available for arm64. Shift traffic slowly with an alias."
        )
        + (" If CloudFront runs it (Lambda@Edge), keep x86_64: Lambda@Edge supports no other." if edge else ""),
        assumption=f"A run takes as long on arm64 as on x86_64. Up to {BREAK_EVEN:g} times as long, it costs no more.",
        effort=Level.HIGH if native else Level.MEDIUM,
        after=replace(
            profile,
            architecture=Architecture.ARM64,
            provisioned=None
            if profile.provisioned is None
            else tuple(replace(one, architecture=None) for one in profile.provisioned),
        ),
    )


def _available(profile: FunctionProfile) -> bool:
    return profile.package_type is PackageType.IMAGE or runtimes.runs_on_arm64(profile.runtime)


RULE = Rule(
    name="architecture",
    title="x86_64 that could be arm64",
    propose=propose,
    monetary=True,
    by_duration=True,
    updates_function=True,
)
