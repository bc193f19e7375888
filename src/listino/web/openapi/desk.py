"""The operations of those who work orders that were taken, and what they answer."""

from listino.core.order_events import APPLIED, BY_HAND, KINDS, SETTLED, UNDER_WAY, WAITING
from listino.web.openapi.parts import Operation, Parameter, answer, body, header, in_path, operation, query
from listino.web.openapi.schemas import EXACT_DECIMAL, INSTANT, TEXT, Schema, named
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
    return {"/v1/orders/{id}/steps": {"post": step}, "/v1/orders/{id}/release": {"post": _release()}} | _events()


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


def _events() -> Paths:
    by_number = [
        query("store", TEXT, "The order's store; the key's name where none is named."),
        query("number", TEXT, "The order's number in its store.", required=True),
    ]
    return {
        "/v1/orders/{id}/events": {"post": _event("tellEvent", [in_path("id", "Our id of the order.")])},
        "/v1/orders/{id}/events/settle": {"post": _settle()},
        "/v1/orders/events": {"post": _event("tellEventByNumber", by_number)},
    }


def _event(name: str, parameters: list[Parameter]) -> Operation:
    key = header("Idempotency-Key", "The event's key, up to 255 characters, where the body names none.")
    by_number = " The order is named by its store and number." if name.endswith("Number") else ""
    return operation(
        name,
        "Orders",
        "Tell what became of an order in its store",
        "Changed, cancelled, paid, refunded, returned: kept under the event's key, and applied in the sequence of the "
        "store, whatever order the events come in. One whose forerunner is missing is kept and waits (202); it follows "
        "by itself. What the order's life does not allow any more is kept, and left to a person (`by_hand`). A changed "
        f"order is priced and reserved anew. The same key with the same content is given the first answer.{by_number}",
        scope="orders:create",
        answers={
            "201": answer("What became of the event.", named("EventTold")),
            "202": answer("The event waits for one before it.", named("EventTold")),
        },
        refused=(404, 409, 413, 422),
        parameters=[*parameters, key],
        sent=body(named("OrderEvent"), "What became of the order."),
    )


def _settle() -> Operation:
    return operation(
        "settleEvent",
        "Orders",
        "Say that an event that was left to a person is done",
        "What could not be applied by itself waits for a person (`by_hand`). Whoever has done what it says, or found "
        "that nothing is to be done, says so; it stands in the history.",
        scope="orders:manage",
        answers={"200": answer("The order.", named("StoredOrder"))},
        refused=(404, 409, 413),
        parameters=[in_path("id", "Our id of the order.")],
        sent=body(named("Settlement"), "Which event is done."),
    )


def event_schemas(found: dict[str, Schema]) -> dict[str, Schema]:
    """An event as it is answered, and as it stands with its order."""
    told = {
        "key": TEXT, "kind": {**TEXT, "enum": list(KINDS)}, "sequence": {"type": ["integer", "null"]}, "at": INSTANT,
        "received_at": INSTANT, "state": {**TEXT, "enum": [WAITING, UNDER_WAY, APPLIED, BY_HAND, SETTLED]},
        "applied_at": {**INSTANT, "type": ["string", "null"]}, "outcome": {"type": ["string", "null"]},
    }  # fmt: skip
    line = {name: schema | {"description": meaning_of("EventLine", name)} for name, schema in told.items()}
    said = {name: found["OrderEvent"]["properties"][name] for name in ("text", "amount", "payment", "lines")}
    order = {**TEXT, "description": "Our id of the order."}
    applied = {"type": "boolean", "description": "Whether the order is as the event says."}
    return {
        "EventLine": _object("What a store told of an order, and what became of it.", line, said),
        "EventTold": _object("What became of an event.", {"order": order, **line, "applied": applied}, {}),
    }


def _object(description: str, own: dict[str, Schema], further: dict[str, Schema]) -> Schema:
    return {"type": "object", "description": description, "properties": own | further, "required": list(own)}


def line_progress() -> dict[str, Schema]:
    """How far a line of a stored order is."""
    return {
        name: {"type": "string", "pattern": EXACT_DECIMAL, "description": meaning_of("StoredLine", name)}
        for name in ("shipped", "returned", "cancelled")
    }
