"""Tryton as one of the management systems: its verbs, and what is true of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from listino.connectors.erp_tryton import placing, sales
from listino.connectors.erp_tryton.asking import asked
from listino.connectors.erp_tryton.news import Reader
from listino.connectors.erp_tryton.people import found_or_made
from listino.connectors.erp_tryton.rpc import Rpc
from listino.connectors.erp_tryton.settings import Settings, settings_from
from listino.core.orders import Party
from listino.ports import (
    AskedPrice,
    Duplicates,
    ErpOrder,
    EventToHand,
    Http,
    News,
    OrderStates,
    OrderToPlace,
    PriceAsk,
    Traits,
)


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> "Tryton":  # noqa: ARG001
    """The Tryton that settings name.

    Errors:  Malformed.
    """
    return Tryton(settings_from(settings), http)


class Tryton:
    """A company in Tryton: implements `ports.Erp`, and asks prices, makes customers, cancels orders."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings = settings
        self._rpc = Rpc(http, settings.account)
        self._reader = Reader(self._rpc, settings)

    @property
    def traits(self) -> Traits:
        """What is declared of Tryton: it takes the same key twice, and can be searched by it."""
        return Traits(
            name="Tryton",
            duplicates=Duplicates.CHECKED,
            deadline=self._settings.account.deadline,
            settling=self._settings.settling,
            calls_per_minute=self._settings.calls_per_minute,
            zone=self._settings.zone,
            rounding="half_even",
            tax_rounding="document",
        )

    def news(self, since: str | None) -> Iterator[News]:
        """What changed since a cursor; everything without one, or where lists, taxes or units changed."""
        return self._reader.news(since)

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The sales that stand under our key."""
        with self._rpc.in_all():
            found = sales.found_sales(self._rpc, self._settings, key)
        return tuple(sales.as_order(self._settings, row) for row in found)

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write an order as a sale, all of its lines in one call."""
        with self._rpc.in_all():
            return placing.placed(self._rpc, self._settings, self._reader.recent_shape(), order)

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """The sales under our keys that changed since a cursor; all of them without one."""
        return sales.states(self._rpc, self._settings, since)

    def cancel_order(self, event: EventToHand) -> None:
        """Cancel the sale; nothing when it is cancelled already."""
        with self._rpc.in_all():
            placing.cancelled(self._rpc, self._settings, event.order_key)

    def find_or_create_customer(self, buyer: Party, key: str) -> str:
        """The code of the party that was made for a buyer, the same for the same key."""
        with self._rpc.in_all():
            return found_or_made(self._rpc, buyer, sales.held_key(self._settings, key))

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        """Tryton's own price of one line."""
        with self._rpc.in_all():
            return asked(self._rpc, self._settings, self._reader.recent_shape(), question)
