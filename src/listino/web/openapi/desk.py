"""The operations of those who work orders that were taken, and what they answer."""

from listino.web.openapi.parts import Operation, answer, body, header, in_path, operation
from listino.web.openapi.schemas import EXACT_DECIMAL, Schema, named
from listino.web.openapi.words import meaning_of

Paths = dict[str, dict[str, Operation]]
REPEATABLE = header(
    "Idempotency-Key",
    "A key of this request, up to 255 characters: the same key with the same content changes nothing more.",
)


def desk() -> Paths:
    """Steps in an order's life, and decisions about what holds it."""
    step = operation(
        "stepOrder",
        "Orders",
        "Say that an order took a step of its life",
        "Where no other management system holds the orders, their life is worked here: confirmed, allocated, picked, "
        "shipped (also in parts), invoiced, closed, cancelled, returned. What may not follow is refused with what may. "
        "Shipping takes goods out of the stock, cancelling makes them free again. The state that an order is in "
        "already changes nothing; a part should have an Idempotency-Key, so that a repeat is not a second parcel.",
        scope="orders:manage",
        answers={"200": answer("The order after the step.", named("StoredOrder"))},
        refused=(404, 409, 413, 422),
        parameters=[in_path("id", "Our id of the order."), REPEATABLE],
        sent=body(named("OrderStep"), "The step that was taken."),
    )
    return {"/v1/orders/{id}/steps": {"post": step}, "/v1/orders/{id}/release": {"post": _release()}}


def _release() -> Operation:
    return operation(
        "releaseOrder",
        "Orders",
        "Release a held order by what was decided",
        "A person says what is meant: the customer, the items, whose prices hold, the right address, or which reasons "
        "shall hold it no longer. What remains is looked at again, stock and credit too; an order that is still held "
        "is refused with each reason and what to send, and nothing has changed. What was paid is never altered. "
        "An order that facts have mended meanwhile is released without a decision.",
        scope="orders:manage",
        answers={"200": answer("The order as it goes on.", named("StoredOrder"))},
        refused=(404, 409, 413, 422),
        parameters=[in_path("id", "Our id of the order."), REPEATABLE],
        sent=body(named("Decision"), "What was decided."),
    )


def line_progress() -> dict[str, Schema]:
    """How far a line of a stored order is."""
    return {
        name: {"type": "string", "pattern": EXACT_DECIMAL, "description": meaning_of("StoredLine", name)}
        for name in ("shipped", "returned", "cancelled")
    }
