"""Lambda@Edge: functions of us-east-1 that CloudFront runs elsewhere, which their configuration does not tell.

Where such a function runs, its metrics are recorded in that region, as `us-east-1.<name>`. It needs a published
version, x86_64, a .zip package and Node.js or Python:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html.
"""

from agent.analyst.analysis.profile import Architecture, FunctionProfile, PackageType

REGION = "us-east-1"
_RUNTIME_PREFIXES = ("nodejs", "python")


def possible(profile: FunctionProfile) -> bool:
    """Whether a function may be one; that it is one, only CloudFront's distributions would tell."""
    return (
        profile.region == REGION
        and profile.has_versions is not False
        and profile.architecture is Architecture.X86_64
        and profile.package_type is PackageType.ZIP
        and (profile.runtime or "").startswith(_RUNTIME_PREFIXES)
    )
