"""What is read of an account or a region as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class RegionFacts:
    """A region's limits and other resources. None means "could not be read".

    Attributes:
        region: The region.
        concurrency_limit: The account's limit of concurrent executions.
        unreserved_concurrency: The part that is left for functions without reserved concurrency.
        unreserved_peak: The most of that part in use at once. It is read only where a function may reserve concurrency.
        code_bytes: The space that the code of functions, their versions and layers takes.
        code_limit_bytes: The space that AWS allows for it.
        web_functions: Number of web functions. They are not among the functions, and their cost is not known.
        microvms: Number of MicroVMs that are not terminated. Their cost is not known either.
    """

    region: str
    concurrency_limit: int | None = None
    unreserved_concurrency: int | None = None
    unreserved_peak: int | None = None
    code_bytes: int | None = None
    code_limit_bytes: int | None = None
    web_functions: int | None = None
    microvms: int | None = None

    @property
    def has_reserved_concurrency(self) -> bool:
        """Return whether a function may have reserved concurrency."""
        return self.concurrency_limit is None or self.concurrency_limit != self.unreserved_concurrency


@dataclass(frozen=True, kw_only=True)
class CapacityProvider:
    """The EC2 capacity of functions on Lambda Managed Instances, which AWS bills by instance.

    Attributes:
        arn: The ARN.
        architectures: The processors that its instances may have.
        instance_types: The only instance types that it may start; empty if Lambda chooses.
        max_vcpus: The most vCPUs that it may start; None if AWS returned none.
    """

    arn: str
    architectures: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    max_vcpus: int | None = None


@dataclass(frozen=True, kw_only=True)
class EffectiveRate:
    """What the account really paid for one usage type of Lambda in the window, by Cost Explorer.

    Attributes:
        usage_type: AWS's name, such as `EUC1-Lambda-GB-Second-ARM`.
        quantity: The amount that was used, in the unit of the price list.
        unit: That unit, such as `Lambda-GB-Second`; empty if AWS returned none.
        usd: The net amortised cost: after the free tier, Savings Plans and discounts.
    """

    usage_type: str
    quantity: Decimal
    unit: str
    usd: Decimal

    @property
    def per_unit(self) -> Decimal | None:
        """Return the rate in USD; None if nothing was used."""
        return self.usd / self.quantity if self.quantity else None


@dataclass(frozen=True, kw_only=True)
class SavingsPlan:
    """An active Savings Plan that covers Lambda (type Compute).

    Attributes:
        hourly_usd: The commitment in USD an hour.
        ends: The day on which it ends, as AWS returned it.
    """

    hourly_usd: Decimal
    ends: str


@dataclass(frozen=True, kw_only=True)
class Discounts:
    """How the account's prices differ from list prices. None means "could not be read".

    Attributes:
        rates: The effective rates of Lambda's usage types, the most expensive first.
        savings_plans: The active Savings Plans that cover Lambda.
    """

    rates: tuple[EffectiveRate, ...] | None = None
    savings_plans: tuple[SavingsPlan, ...] | None = None
