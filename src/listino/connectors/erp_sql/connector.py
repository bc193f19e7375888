"""The connector of a management system that has only a database."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock
from time import monotonic

from listino.connectors.erp_sql.found import found_orders, states_of
from listino.connectors.erp_sql.link import Link
from listino.connectors.erp_sql.placing import cancelled, placed
from listino.connectors.erp_sql.pricing import asked_price
from listino.connectors.erp_sql.reading import news_of
from listino.connectors.erp_sql.settings import OrderStatements, SqlSettings
from listino.core.errors import ErpSaidNo, Unavailable
from listino.ports import (
    AskedPrice,
    Duplicates,
    ErpOrder,
    EventToHand,
    News,
    OrderStates,
    OrderToPlace,
    PriceAsk,
    Traits,
)

# How long to leave a database in peace that could not be asked whether our key is unique.
CHECKED_AGAIN_AFTER_S = 60.0


class SqlErp:
    """A database with the statements that a mapping file names: nothing else is ever sent to it."""

    # There where the mapping names what they need.
    ask_price: Callable[[PriceAsk], AskedPrice]
    cancel_order: Callable[[EventToHand], None]

    def __init__(self, settings: SqlSettings) -> None:
        self._settings = settings
        self._link = Link(settings)
        self._lock = Lock()
        self._duplicates: Duplicates | None = None
        self._asked_s = -CHECKED_AGAIN_AFTER_S
        if settings.ask is not None:
            query = settings.ask
            self.ask_price = lambda question: asked_price(self._link, query, question)
        if settings.orders is not None and settings.orders.cancel:
            orders = settings.orders
            self.cancel_order = lambda event: cancelled(self._link, orders, event)

    @property
    def traits(self) -> Traits:
        """What the settings declare, and the class that the database itself has: see `_class`."""
        settings = self._settings
        return Traits(
            name=settings.name,
            duplicates=self._class(),
            deadline=settings.deadline,
            settling=settings.settling,
            calls_per_minute=settings.calls_per_minute,
            zone=settings.zone.key,
            rounding=settings.rounding,
            tax_rounding=settings.tax_rounding,
        )

    def _class(self) -> Duplicates:
        """A where the database lets our key stand only once, as it says itself; B until it was asked."""
        orders = self._settings.orders
        if orders is None or orders.find is None:
            return Duplicates.BY_HAND
        return self._duplicates or Duplicates.CHECKED

    def _known(self) -> None:
        """Ask the database once whether our key is unique; one that cannot be asked now is asked another time."""
        key = self._settings.orders.key if self._settings.orders is not None else None
        with self._lock:
            if self._duplicates is not None or key is None or monotonic() - self._asked_s < CHECKED_AGAIN_AFTER_S:
                return
            self._asked_s = monotonic()
            with suppress(Unavailable, ErpSaidNo):
                unique = self._link.call(
                    lambda connection, _: self._link.is_unique(connection, *key), self._settings.deadline
                )
                self._duplicates = Duplicates.PREVENTED if unique else Duplicates.CHECKED

    def news(self, since: str | None) -> Iterator[News]:
        """What changed since a cursor, by the queries of the mapping."""
        return news_of(self._link, since)

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The orders that stand under our key."""
        found = found_orders(self._link, self._orders(), key)
        self._known()
        return found

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write an order and its parts in one transaction."""
        standing = placed(self._link, self._orders(), order)
        self._known()
        return standing

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """The orders under our keys that changed since a cursor."""
        yield from states_of(self._link, self._settings.orders, since)
        self._known()

    def _orders(self) -> OrderStatements:
        if self._settings.orders is None:
            text = "The mapping names no statements for orders."
            raise ErpSaidNo("no_orders", text, "Add [order] to it, or set orders = false.")
        return self._settings.orders
