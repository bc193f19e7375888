"""Orders as they stand in the ERP: found under our key, and followed as they change."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from listino.connectors.erp_sql.link import Link
from listino.connectors.erp_sql.reading import Columns, decimal_of, read_cursor, written_cursor
from listino.connectors.erp_sql.settings import OrderStatements
from listino.core.mapping import Shape, Unreadable, valued
from listino.ports import ErpOrder, OrderStates

ORDERS_PER_PAGE = 500


def found_orders(link: Link, statements: OrderStatements, key: str) -> tuple[ErpOrder, ...]:
    """The orders that stand under a key, compared whole: a database may find more by it.

    Errors:  as of `Erp.find_order`.
    """
    if statements.find is None:
        return ()
    rows = link.call(
        lambda connection, _: rows_of(
            link.executed(connection, statements.find or "", {"key": key}, statements.values)
        ),
        link.settings.deadline,
    )
    return tuple(one for row in rows if (one := _order(row, statements.found, link.settings.zone)).key == key)


def states_of(link: Link, statements: OrderStatements | None, since: str | None) -> Iterator[OrderStates]:
    """The orders under our keys that changed since a cursor.

    Errors:  as of `Erp.order_states`.
    """
    if statements is None or statements.states is None:
        yield OrderStates((), since)
        return
    mark = f"{statements.states} {statements.states_since}"
    value = (read_cursor(since, mark) or {}).get("since")
    query = statements.states if value is None or statements.states_since is None else statements.states_since
    rows = link.call(
        lambda connection, _: rows_of(link.executed(connection, query, {"since": value})), link.settings.deadline
    )
    column = statements.found.get("since")
    orders: list[ErpOrder] = []
    for row in rows:
        found = valued(column, row) if column is not None else None
        if found is not None and (value is None or found > value):
            value = found
        orders.append(_order(row, statements.found, link.settings.zone))
    is_known = value is not None and statements.states_since is not None
    cursor = written_cursor({"since": value}, mark) if is_known else None
    for start in range(0, max(len(orders), 1), ORDERS_PER_PAGE):
        page = tuple(one for one in orders[start : start + ORDERS_PER_PAGE] if "/" in one.key)
        yield OrderStates(page, cursor)


def rows_of(result: Any) -> list[Columns]:
    """The rows of a result."""
    names = [column.casefold() for column in result.keys()]  # noqa: SIM118 - a result is no dictionary
    return [Columns(dict(zip(names, row, strict=True))) for row in result]


def _order(row: Columns, shapes: Mapping[str, Shape], zone: ZoneInfo) -> ErpOrder:
    """A row as an order; a status that the mapping does not know is no life of ours, but told."""
    said, text = dict[str, Any](), None
    for name, shape in shapes.items():
        try:
            said[name] = valued(shape, row)
        except Unreadable as error:
            text = str(error)
    stated = said.get("text")
    return ErpOrder(
        key=str(said.get("key") or "").strip(),
        number=str(said.get("number") or "").strip(),
        net=decimal_of(said.get("net")),
        gross=decimal_of(said.get("gross")),
        life=said.get("life"),
        at=_instant(said.get("at"), zone),
        text=text or (str(stated) if stated else None),
    )


def _instant(said: Any, zone: ZoneInfo) -> datetime | None:
    """A local day or time of the ERP as an instant."""
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else said
    except ValueError:
        return None
    if isinstance(at, date) and not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)  # noqa: DTZ001 - local to the zone
    if not isinstance(at, datetime):
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=zone).astimezone(UTC)
