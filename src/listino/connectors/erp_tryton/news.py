"""What is new in Tryton: everything at first, then what changed; all again when lists, taxes or units did."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from threading import Lock

from listino.connectors.erp_tryton import customers, items
from listino.connectors.erp_tryton.customers import customer_records
from listino.connectors.erp_tryton.frame import frame_records
from listino.connectors.erp_tryton.items import Shelf, is_sold
from listino.connectors.erp_tryton.lists import list_records
from listino.connectors.erp_tryton.marks import Mark, changed_since, is_same_shape, mark_from, mark_now
from listino.connectors.erp_tryton.rpc import IDS_PER_CALL, PAGE_RECORDS, Row, Rpc
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape, shape_of
from listino.connectors.erp_tryton.stock import stock_records
from listino.connectors.erp_tryton.taxes import tax_records
from listino.connectors.erp_tryton.units import Units
from listino.ports import News, Record, Untranslated

# Records of their own that say something of a product or a party: the model, and the field that names it.
# Of what else is kept apart (list prices, categories) the product or party itself is marked as changed.
OF_PRODUCTS = (("stock.move", "product"),)
OF_PARTIES = (("party.address", "party"), ("party.contact_mechanism", "party"), ("party.identifier", "party"))
# For so long orders take lists, taxes and units to be what they were.
RECENT_S = 30.0
# What was taken out of use is told, too: Tryton leaves it out of every part of a domain otherwise.
ACTIVE_OR_NOT = {"active_test": False}


Told = Record | Untranslated


class Reader:
    """Reads Tryton, and remembers the shape of its prices as long as nothing of it changes."""

    def __init__(self, rpc: Rpc, settings: Settings) -> None:
        self._rpc = rpc
        self._settings = settings
        self._known: tuple[Mark, Shape] | None = None
        self._looked_s = 0.0
        self._lock = Lock()

    def news(self, since: str | None) -> Iterator[News]:
        """What changed since a cursor; everything where the cursor is none, or the shape of prices changed.

        Errors:  Unavailable; ErpSaidNo.
        """
        before = mark_from(since)
        now = mark_now(self._rpc, self._settings.overlap, before)
        cursor = None if now is None else now.text()
        reading = _Reading(self._rpc, self._settings, self._shape(now))
        whole = before is None or now is None or not is_same_shape(before, now)
        pages = reading.everything() if whole or before is None else reading.changes(before)
        for page in pages:
            records = tuple(one for one in page if isinstance(one, Record))
            untold = tuple(one for one in page if isinstance(one, Untranslated))
            yield News(records, cursor, untold, complete=whole)
        yield News((), cursor, (), complete=whole)

    def recent_shape(self) -> Shape:
        """The shape of prices as it was a moment ago, for orders and questions.

        Errors:  Unavailable; ErpSaidNo.
        """
        known = self._known
        if known is not None and time.monotonic() - self._looked_s < RECENT_S:
            return known[1]
        return self._shape(mark_now(self._rpc, self._settings.overlap, None if known is None else known[0]))

    def _shape(self, now: Mark | None) -> Shape:
        today = self._rpc.read("model.ir.date.today")
        with self._lock:
            known, looked_s = self._known, time.monotonic()
            if known is not None and now is not None and known[1].today == today and is_same_shape(known[0], now):
                self._looked_s = looked_s
                return known[1]
            shape = shape_of(self._rpc, today)
            self._known = None if now is None else (now, shape)
            self._looked_s = looked_s
            return shape


class _Reading:
    """One reading of Tryton, with the shape that prices have in it."""

    def __init__(self, rpc: Rpc, settings: Settings, shape: Shape) -> None:
        self._rpc = rpc
        self._settings = settings
        self._shape = shape
        self._units = Units(shape, settings)

    def everything(self) -> Iterator[list[Told]]:
        """All that there is: what others name first."""
        shape, settings, units = self._shape, self._settings, self._units
        shelf = Shelf(shape, units)
        yield [*units.records(), *frame_records(shape, settings)]
        for rows in _pages(self._rpc.rows("product.product", [["salable", "=", True]], items.FIELDS)):
            yield self._goods(shelf, rows)
        yield list(tax_records(shape, shelf.tax_sets, settings))
        yield from _pages(list_records(shape, units, shelf.sale_units))
        for rows in _pages(self._rpc.rows("party.party", [], customers.FIELDS)):
            yield list(customer_records(self._rpc, shape, rows))

    def changes(self, before: Mark) -> Iterator[list[Told]]:
        """The items and customers that changed since a mark, those that moved in stock too."""
        shelf = Shelf(self._shape, self._units)
        products = self._changed_products(before.at)
        for rows in _pages(self._rpc.by_id("product.product", products, items.FIELDS)):
            yield self._goods(shelf, rows)
        yield list(tax_records(self._shape, shelf.tax_sets, self._settings))
        parties = self._changed("party.party", before.at, OF_PARTIES)
        for rows in _pages(self._rpc.by_id("party.party", parties, customers.FIELDS)):
            yield list(customer_records(self._rpc, self._shape, rows))

    def _goods(self, shelf: Shelf, rows: list[Row]) -> list[Told]:
        """The items of a page; those that ended first, as their codes may have been given to others."""
        told = [one for row in sorted(rows, key=is_sold) for one in shelf.records(row)]
        known = {one.code for one in told if isinstance(one, Record) and one.kind == "items" and one.said is not None}
        return [*told, *self._stock([row for row in rows if row["code"] in known])]

    def _stock(self, rows: Sequence[Row]) -> Iterator[Record]:
        sold = [(row["id"], row["code"]) for row in rows]
        return stock_records(self._rpc, self._shape, self._settings, sold)

    def _changed_products(self, at: datetime) -> list[int]:
        found = set(self._changed("product.product", at, OF_PRODUCTS))
        templates = self._changed("product.template", at, ())
        for start in range(0, len(templates), IDS_PER_CALL):
            within = [["template", "in", templates[start : start + IDS_PER_CALL]]]
            found.update(row["id"] for row in self._rpc.rows("product.product", within, ["id"], **ACTIVE_OR_NOT))
        return sorted(found)

    def _changed(self, model: str, at: datetime, named_by: Iterable[tuple[str, str]]) -> list[int]:
        """The ids of records that changed, or of which something else says more that did."""
        found = {row["id"] for row in self._rpc.rows(model, [changed_since(at)], ["id"], **ACTIVE_OR_NOT)}
        for other, field in named_by:
            rows = self._rpc.rows(other, [changed_since(at)], [field])
            found.update(row[field] for row in rows if row[field] is not None)
        return sorted(found)


def _pages(rows: Iterable[Row] | Iterable[Told]) -> Iterator[list]:  # type: ignore[type-arg]
    rest = iter(rows)
    while page := list(islice(rest, PAGE_RECORDS)):
        yield page
