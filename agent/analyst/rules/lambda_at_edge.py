"""Recognises functions that may be Lambda@Edge functions. A function's configuration does not show whether it is one.

Such a function is defined in us-east-1 and runs at CloudFront in other regions. Its metrics are recorded where it runs,
as `us-east-1.<name>`. It needs a published version, x86_64, a .zip package and Node.js or Python:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html.
"""

from agent.analyst.analysis.profile import Architecture, FunctionProfile, PackageType

REGION = "us-east-1"
_RUNTIME_PREFIXES = ("nodejs", "python")


def possible(profile: FunctionProfile) -> bool:
    """Return whether a function may be a Lambda@Edge function; only CloudFront's distributions show that it is one."""
    return (
        profile.region == REGION
        and profile.has_versions is not False
        and profile.architecture is Architecture.X86_64
        and profile.package_type is PackageType.ZIP
        and (profile.runtime or "").startswith(_RUNTIME_PREFIXES)
    )
