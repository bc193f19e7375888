"""`listino step` and `listino release`: work an order from the command line."""

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli.options import DatabaseUrl, opened
from listino.cli.orders import show_order

if TYPE_CHECKING:
    from listino.core.desk import LineSaid
    from listino.flows.desk import Who

OrderId = Annotated[str, typer.Argument(metavar="ID", help="The order's id; `listino order` lists them.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the order's history.")]


def step(
    order_id: OrderId,
    state: Annotated[str, typer.Argument(metavar="STATE", help="confirmed, picked, shipped, cancelled, returned, ...")],
    *,
    lines: Annotated[
        list[str] | None,
        typer.Option("--line", metavar="LINE[=QUANTITY]", help="Only this line, from 1 on, or so much of it."),
    ] = None,
    restock: Annotated[
        str | None, typer.Option("--restock", metavar="WAREHOUSE", help="Where returned goods were put.")
    ] = None,
    reason: Reason = None,
    database: DatabaseUrl = None,
) -> None:
    """Say that an order took a step of its life; then show it."""
    from listino.core.desk import OrderStep
    from listino.flows import desk

    said = OrderStep(state=state, text=reason, lines=tuple(map(_line, lines or ())), restock=restock)
    with opened(database) as book:
        show_order(desk.stepped(book, order_id, said, _who()))


def release(
    order_id: OrderId,
    *,
    customer: Annotated[str | None, typer.Option("--customer", help="The code of the customer who bought.")] = None,
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="SAID=MEANT", help="The item that is meant by one it says.")
    ] = None,
    prices: Annotated[
        str | None, typer.Option("--prices", metavar="store|ours", help="Whose prices hold, where they differ.")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="REASON", help="What shall hold it no longer, as stock.")
    ] = None,
    reason: Reason = None,
    database: DatabaseUrl = None,
) -> None:
    """Release a held order by what was decided; then show it."""
    from listino.core.desk import Decision
    from listino.flows.release import released
    from listino.web.rest.order_answers import rendered

    meant = dict(_pair("--item", one) for one in items or ())
    decision = Decision(
        customer=customer, items=meant or None, prices=prices, accept=tuple(accept or ()), text=reason
    )  # fmt: skip
    with opened(database) as book:
        show_order(released(book, order_id, decision, _who(), rendered))


def _who() -> "Who":
    from getpass import getuser

    from listino.config import now, web_settings
    from listino.flows.desk import Who

    return Who(getuser(), now(), erp=web_settings().hands_over)


def _line(text: str) -> "LineSaid":
    from listino.core.desk import LineSaid
    from listino.core.errors import malformed
    from listino.core.money import bounded

    place, _, quantity = text.partition("=")
    with suppress(ValueError, InvalidOperation):
        amount = Decimal(quantity) if quantity else None
        if amount is None or bounded(amount):
            return LineSaid(line=int(place), quantity=amount)
    raise malformed("--line", "malformed", f"{text!r} names no line.", "Send --line 1, or --line 1=2.")


def _pair(option: str, text: str) -> tuple[str, str]:
    from listino.core.errors import malformed

    said, _, meant = text.partition("=")
    if not said or not meant:
        raise malformed(option, "malformed", f"{text!r} is no pair.", f"Send {option} SAID=MEANT.")
    return said, meant
