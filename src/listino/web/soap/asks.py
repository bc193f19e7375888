"""What is asked by SOAP alone: pages, stock, an order's state; and how orders and events come with their keys."""

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from listino.core.order_events import OrderEvent
from listino.core.orders import Order


class StockQuestion(Struct):
    """Of which items to say how much there is."""

    items: list[str]
    customer: str | None = None


class OrderKey(Struct):
    """An order, by the key that it was handed in under, our id of it or its number in its store."""

    key: str
    store: str | None = None


class CustomersQuestion(Struct):
    """A page of records; with `changed_since` only of those that changed or ended after that revision."""

    changed_since: int | None = None
    after: str | None = None
    limit: int | None = None


class ItemsQuestion(CustomersQuestion):
    """The same of items, with the language in which they are named."""

    language: str | None = None


class PingQuestion(Struct):
    """Whether anybody is there."""

    echo: str | None = None


@dataclass(frozen=True, slots=True)
class OrderSaid:
    """An order with the key that it comes under."""

    key: str
    order: Order


@dataclass(frozen=True, slots=True)
class EventSaid:
    """An event and the order that it is of: by our id, or by store and number."""

    event: OrderEvent
    id: str | None
    store: str | None
    number: str | None


def order_said(*, key: str, **said: Any) -> OrderSaid:
    """An order from its values and its key."""
    return OrderSaid(key, Order(**said))


def event_said(*, id: str | None = None, store: str | None = None, number: str | None = None, **said: Any) -> EventSaid:
    """An event from its values and those that name its order."""
    return EventSaid(OrderEvent(**said), id, store, number)
