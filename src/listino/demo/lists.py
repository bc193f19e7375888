"""The price lists: for whom each is, how far below the list price it lies, and how it rounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from listino.core.facts import Assignment, PriceList
from listino.core.money import Rounding
from listino.demo.days import ZONE, Days
from listino.demo.parties import EXAMPLES_COUNT, Parties
from listino.demo.tables import Row, named, rows

# What a price in euro is multiplied by in a list of another currency.
CURRENCY_FACTORS = {"EUR": 1.0, "CHF": 0.97, "USD": 1.13}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one price list is filled.

    Units:   share: percent of the items of its departments; offs in percent of the list price;
             seasons: how many years of prices it keeps, this year's the last.
    """

    code: str
    currency: str
    gross: bool
    digits: int
    share: float
    departments: tuple[str, ...]
    off_min: float
    off_max: float
    seasons: int
    final: bool
    breaks: str


def plans() -> tuple[Plan, ...]:
    """How the price lists are filled, the list of everyone first."""
    return tuple(
        Plan(
            code=row["code"],
            currency=row["currency"],
            gross=row["mode"] == "gross",
            digits=int(row["decimals"]),
            share=float(row["share"]) / 100,
            departments=tuple(row["departments"].split()),
            off_min=float(row["off_min"]),
            off_max=float(row["off_max"]),
            seasons=int(row["seasons"]),
            final=row["final"] == "final",
            breaks=row["breaks"],
        )
        for row in rows("lists")
    )


def price_lists() -> Iterator[PriceList]:
    """The frames of all price lists."""
    for row in rows("lists"):
        increment, offset = row["increment"], row["offset"] or "0"
        rounding = Rounding(increment=Decimal(increment), offset=Decimal(offset)) if increment else None
        yield PriceList(
            code=row["code"],
            name=named(row),
            currency=row["currency"],
            tax_mode=row["mode"],
            decimals=int(row["decimals"]),
            rounding=rounding,
        )


def assignments(parties: Parties, days: Days) -> Iterator[Assignment]:
    """Who may use which list; some for a time only."""
    windows = {"next": (days.quarter(1), days.quarter(5)), "site": (days.year(0), days.quarter(3))}
    for row in rows("lists"):
        window = windows.get(row["valid"], (None, None))
        yield _assignment(row, parties, window)


def _assignment(row: Row, parties: Parties, window: tuple[datetime | None, datetime | None]) -> Assignment:
    party, _, name = row["to"].partition(":")
    return Assignment(
        code=f"A-{row['code']}",
        list=row["code"],
        customer=_large_customer(name, parties) if party == "customer" else None,
        account=_account(name, parties) if party == "account" else None,
        customer_group=name if party == "group" else None,
        channel=name if party == "channel" else None,
        sequence=int(row["sequence"]),
        valid_from=window[0],
        valid_to=window[1],
        zone=ZONE if window != (None, None) else None,
    )


def _account(name: str, parties: Parties) -> str:
    """The account of a rank among the groups of companies, or the first one in a customer group."""
    if name.isdigit():
        return parties.accounts[EXAMPLES_COUNT + int(name) - 1].code
    return next(account.code for account in parties.accounts if name in account.customer_groups)


def _large_customer(rank: str, parties: Parties) -> str:
    """A customer of the account of a rank."""
    account = _account(rank, parties)
    return next(party.customer.code for party in parties.customers if party.customer.account == account)
