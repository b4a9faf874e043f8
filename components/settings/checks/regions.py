"""AWS's regions, and the check of a region's name."""

from __future__ import annotations

import difflib

from components.settings.problems import Finding

# All partitions, from botocore's partitions.json of November 2026; a test compares them with the installed botocore.
# Announced regions are included. AWS opens one or two regions a year: add the new ones here.
REGIONS = frozenset(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
    cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1
    eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1
    us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1
    us-isof-east-1 us-isof-south-1 us-west-1 us-west-2
    """.split()  # noqa: SIM905 - a list of literals would have 48 lines
)


def region(value: str) -> Finding | None:
    """Check that a text is the name of a region. The program cannot see whether the account has enabled it."""
    if value in REGIONS:
        return None
    near = difflib.get_close_matches(value, sorted(REGIONS), n=1)
    suggestion = f"Did you mean {near[0]}?" if near else "Write a name such as eu-west-1."
    return Finding(
        rule="it must be the name of an AWS region",
        remedy=f"{suggestion} If AWS has opened it since November 2026, add it to {__name__}",
    )
