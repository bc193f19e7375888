"""`listino price` and `listino why`: what an item costs a customer, and how that came about."""

from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli.options import (
    At,
    Channel,
    Country,
    Coupons,
    Currency,
    Customer,
    DatabaseUrl,
    KnownAt,
    Quantity,
    Unit,
    opened,
)

if TYPE_CHECKING:
    from listino.db.engine import Database
    from listino.flows.price import Asked

Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item's code.")]


def price(
    item: Item,
    *,
    customer: Customer = None,
    quantity: Quantity = "1",
    unit: Unit = None,
    channel: Channel = None,
    currency: Currency = None,
    country: Country = None,
    at: At = None,
    known_at: KnownAt = None,
    coupon: Coupons = None,
    ladder: Annotated[bool, typer.Option("--ladder", help="Show all quantity breaks.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Show what an item costs a customer, and the steps that lead to the price."""
    with opened(database) as book:
        asked = _asked(
            book, item, customer, quantity, at,
            unit=unit, channel=channel, currency=currency, country=country, coupons=tuple(coupon or ()), ladder=ladder,
        )  # fmt: skip
        _answer(book, asked, known_at)


def why(
    item: Item,
    customer: Annotated[str | None, typer.Argument(metavar="CUSTOMER", help="The customer's code.")] = None,
    *,
    quantity: Quantity = "1",
    unit: Unit = None,
    channel: Channel = None,
    currency: Currency = None,
    country: Country = None,
    at: At = None,
    known_at: KnownAt = None,
    coupon: Coupons = None,
    database: DatabaseUrl = None,
) -> None:
    """Show a price, and also what did not apply and what would have to change for it to apply."""
    with opened(database) as book:
        asked = _asked(
            book, item, customer, quantity, at,
            unit=unit, channel=channel, currency=currency, country=country, coupons=tuple(coupon or ()), explain="all",
        )  # fmt: skip
        _answer(book, asked, known_at)


def _asked(
    book: "Database", item: str, customer: str | None, quantity: str, at: str | None, **further: object
) -> "Asked":
    """The question, each of its words checked as the REST door does."""
    from dataclasses import replace

    from listino.config import now
    from listino.db.snapshot import company
    from listino.flows.price import Asked
    from listino.web.reading import checked_code, instant_of, quantity_of
    from listino.web.rest.prices import checked_country, checked_currency

    moment = instant_of(at, "at", company(book.read())) if at is not None else now()
    asked = Asked(checked_code(item, "item"), moment, quantity=quantity_of(quantity, returned=True))
    asked = replace(asked, customer=None if customer is None else checked_code(customer, "customer"), **further)  # type: ignore[arg-type]
    checked_currency(asked.currency)
    checked_country(asked.country)
    for field in ("unit", "channel"):
        code = getattr(asked, field)
        if code is not None:
            checked_code(code, field)
    for code in asked.coupons:
        checked_code(code, "coupon")
    return asked


def _answer(book: "Database", asked: "Asked", known_at: str | None) -> None:
    from listino.cli.price_sheet import print_answer
    from listino.db.snapshot import company, snapshot
    from listino.flows.prior import priced
    from listino.web.reading import known_at_of

    then = known_at_of(known_at, company(book.read())) if known_at is not None else None
    seen = snapshot(book, then)
    print_answer(seen, asked, priced(seen, asked))
