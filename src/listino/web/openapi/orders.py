"""The operations on orders: they come in, are read, and are counted."""

from listino.core.handover_state import Handover
from listino.core.life import STATES
from listino.web.openapi.parts import (
    AFTER,
    LIMIT,
    Operation,
    Paths,
    answer,
    body,
    header,
    in_path,
    operation,
    page,
    query,
)
from listino.web.openapi.schemas import TEXT, named
from listino.web.rest.order_requests import ORDERS_PER_PAGE_MAX


def orders() -> Paths:
    """An order comes in, and is read back."""
    one = operation(
        "getOrder",
        "Orders",
        "Read an order",
        "The order as it stands now, with its history.",
        scope="orders:read",
        answers={"200": answer("The order.", named("StoredOrder"))},
        refused=(404,),
        parameters=[in_path("id", "Our id of the order.")],
    )
    return {
        "/v1/orders": {"post": _place_order(), "get": _list_orders()},
        "/v1/orders/{id}": {"get": one},
        "/v1/conservation": {"get": _conservation()},
        "/v1/reconciliation": {"get": _reconciliation()},
    }


def _place_order() -> Operation:
    key = header(
        "Idempotency-Key",
        "The caller's own key of this order, up to 255 characters; store and number are a second key. The same key "
        "with the same content is given the first answer again, for ever.",
    )
    location = {"Location": {"description": "Where the order is read.", "schema": TEXT}}
    return operation(
        "placeOrder",
        "Orders",
        "Hand in a placed order",
        "Answered after the order is on disk, with its lines, explanations and keys: one transaction. An order that "
        "was placed is never refused by our rules: what a person must look at is `held`, with reasons. While the first "
        "of a key is being written, a repeat waits up to 5 s for it and is then told 409 `in_progress`.",
        scope="orders:create",
        answers={"201": answer("The first answer to this order.", named("OrderTaken"), location)},
        refused=(409, 413, 422),
        parameters=[key],
        sent=body(named("Order"), "The order as the store says it was placed."),
    )


def _list_orders() -> Operation:
    meanings = {
        "store": "store",
        "number": "number of the store",
        "handover": "state of the hand-over",
        "life": "state of life",
        "customer": "customer",
    }
    choices = {"handover": [state.value for state in Handover], "life": list(STATES)}
    filters = [
        query(name, TEXT | ({"enum": choices[name]} if name in choices else {}), f"Only orders with this {meaning}.")
        for name, meaning in meanings.items()
    ]
    states = {**TEXT, "enum": ["waiting", "under_way", "by_hand", "applied", "settled"]}
    filters.append(query("events", states, "Only orders with an event of their store in this state."))
    limit = {**LIMIT, "description": f"How many at most; more than {ORDERS_PER_PAGE_MAX} are never on one page."}
    return operation(
        "listOrders",
        "Orders",
        "List orders",
        "Orders as they stand now, the oldest first.",
        scope="orders:read",
        answers={"200": answer("A page of orders.", page(named("StoredOrder"), "The orders of this page."))},
        parameters=[*filters, limit, AFTER],
    )


def _conservation() -> Operation:
    return operation(
        "getConservation",
        "Orders",
        "Count where all orders are",
        "Nothing is lost while `taken` = `accepted` + `in_doubt` + `placed` + `parked` + `dropped` + `cancelled`. "
        "`taken` was counted as each order came, the others are counted now. Orders of test keys are left out.",
        scope="orders:read",
        answers={"200": answer("The counts.", named("Conservation"))},
    )


def _reconciliation() -> Operation:
    return operation(
        "getReconciliation",
        "Orders",
        "Show how both sides differ",
        "The last comparison of our orders with those of the management system, by key, count and amount: once a day, "
        "and by `listino reconcile`. What is there and was not marked as placed here is marked; what is `missing` "
        "there is handed over again by `listino reconcile --repair`.",
        scope="orders:read",
        answers={"200": answer("What the last comparison found.", named("ReconciliationAnswer"))},
    )
