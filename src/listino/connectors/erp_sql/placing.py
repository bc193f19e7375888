"""An order is written in one transaction, under our key; found under it; cancelled."""

from functools import partial
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import DataError, IntegrityError

from listino.connectors.erp_sql.found import found_orders
from listino.connectors.erp_sql.link import Link, used
from listino.connectors.erp_sql.settings import OrderStatements
from listino.connectors.erp_sql.values import Values, of_order, of_parts
from listino.connectors.erp_sql.watched import Watch
from listino.core.errors import ErpSaidNo
from listino.ports import ErpOrder, EventToHand, OrderToPlace


class _Refused(Exception):
    """The database refused a row; which one, in words."""

    def __init__(self, called: str, error: Exception) -> None:
        super().__init__(called)
        self.called, self.error = called, error


def placed(link: Link, statements: OrderStatements, order: OrderToPlace) -> ErpOrder:
    """Write an order and its parts, all or nothing; an order that stands there under its key is answered instead.

    Errors:  as of `Erp.place_order`.
    """
    _check_room(statements, order)
    try:
        number = link.call(
            lambda connection, watch: _written(link, connection, watch, statements, order), link.settings.deadline
        )
    except _Refused as refused:
        standing = found_orders(link, statements, order.key)
        if standing:
            return standing[0]
        raise _said_no(link, refused) from None
    return ErpOrder(key=order.key, number=number, net=order.net, gross=order.gross)


def _check_room(statements: OrderStatements, order: OrderToPlace) -> None:
    """Refuse an order of which an amount would be left out."""
    whole = used([*statements.insert, *statements.after])
    for part, there, field in (
        ("charge", any(charge.gross for charge in order.charges), "charges_net"),
        ("voucher", any(voucher.gross for voucher in order.order.vouchers), "vouchers_text"),
    ):
        if there and part not in statements.each and field not in whole and "document" not in whole:
            text = f"The order has a {part}, and no statement writes it."
            raise ErpSaidNo("no_place", text, f"Add order.{part} to the mapping, or use :{field} in order.insert.")


def _written(link: Link, connection: Connection, watch: Watch, statements: OrderStatements, order: OrderToPlace) -> str:
    """Write an order; its number in the ERP."""
    values = of_order(order, link.settings.zone)
    made = statements.values
    if statements.number is not None:
        row = link.executed(connection, statements.number, values, made).first()
        values["erp_number"] = row[0] if row is not None else None
    for statement in statements.insert:
        result = _row("The order", partial(link.executed, connection, statement, values, made))
        if values.get("erp_number") is None:
            values["erp_number"] = _generated(result)
    for part, called, more in of_parts(order):
        written = statements.each.get(part)
        if written is not None:
            _write_part(link, connection, statements, (written, called), values | more)
    for statement in statements.after:
        _row("The order", partial(link.executed, connection, statement, values, made))
    try:
        link.commit(connection, watch)
    except (IntegrityError, DataError) as error:
        raise _Refused("The order", error) from None
    number = values.get("erp_number")
    return str(number).strip() if number is not None else order.key


def _write_part(
    link: Link, connection: Connection, statements: OrderStatements, named: tuple[str, str], values: Values
) -> None:
    statement, called = named
    looks = statements.item_exists if "item" in values else None
    if looks is not None and link.executed(connection, looks, values, statements.values).first() is None:
        text = f"{called}: {link.settings.name} has no such item."
        raise ErpSaidNo("unknown_item", text, "Create the item there, or release the order with another.")
    try:
        _row(called, lambda: link.executed(connection, statement, values, statements.values))
    except ErpSaidNo as error:
        raise ErpSaidNo(error.code, f"{called}: {error.detail}", error.remedy) from None


def _row(called: str, write: Any) -> CursorResult[Any]:
    try:
        result: CursorResult[Any] = write()
    except (IntegrityError, DataError) as error:
        raise _Refused(called, error) from None
    return result


def _generated(result: CursorResult[Any]) -> Any:
    """The number that the database gave a row: what the statement returns, or what the driver remembers."""
    if result.returns_rows:
        row = result.first()
        return row[0] if row is not None else None
    number = getattr(result, "lastrowid", None) if hasattr(result.context.cursor, "lastrowid") else None
    return number or None


def _said_no(link: Link, refused: _Refused) -> ErpSaidNo:
    try:
        with link.sorted_errors():
            raise refused.error
    except ErpSaidNo as error:
        return ErpSaidNo(error.code, f"{refused.called}: {error.detail}", error.remedy)


def cancelled(link: Link, statements: OrderStatements, handed: EventToHand) -> None:
    """Carry out what cancels an order; once done, it does the same again.

    Errors:  ErpSaidNo where no order was touched, and those of `Erp`.
    """
    at = handed.at.astimezone(link.settings.zone).replace(tzinfo=None)
    values: Values = {
        "key": handed.order_key, "erp_number": handed.erp_number, "event_key": handed.key, "cancelled_at": at,
        "text": handed.text,
    }  # fmt: skip

    def write(connection: Connection, watch: Watch) -> None:
        touched = sum(
            link.executed(connection, statement, values, statements.values).rowcount for statement in statements.cancel
        )
        if touched == 0:
            text = f"{handed.order_key} cannot be cancelled any more in {link.settings.name}, or is not there."
            raise ErpSaidNo("not_cancelled", text, "Look at the order there.")
        link.commit(connection, watch)

    link.call(write, link.settings.deadline)
