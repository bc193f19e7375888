"""What a person says of an order that is on its way into the management system, or parked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """It is to be tried again."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """It is given up."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """It is in the management system, under this number."""

    erp_number: str | None = None
    reason: str | None = None
