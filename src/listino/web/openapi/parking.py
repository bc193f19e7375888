"""The operations on orders that do not go into the management system by themselves."""

from listino.web.openapi.parts import Operation, answer, body, in_path, operation
from listino.web.openapi.schemas import named

Paths = dict[str, dict[str, Operation]]


def parking() -> Paths:
    """An order is tried again, dropped, or marked as placed."""
    return {
        "/v1/orders/{id}/retry": {"post": _retry()},
        "/v1/orders/{id}/drop": {"post": _drop()},
        "/v1/orders/{id}/placed": {"post": _placed()},
    }


def _retry() -> Operation:
    return _decision(
        "retryOrder",
        "Try a parked order again",
        "The order is accepted again and due at once; what may stand in the management system already is looked for "
        "there before it is sent. An order that waits for its next try is tried at once.",
        "Retry",
        "Why, if somebody should know; the body may be left out.",
        required=False,
    )


def _drop() -> Operation:
    return _decision(
        "dropOrder",
        "Give a parked order up",
        "The order will not be placed: its history names the key and the reason. What it had reserved of stock and "
        "limits is free again. An order that may stand in the management system is to be looked for there first.",
        "Drop",
        "Why the order is given up.",
    )


def _placed() -> Operation:
    return _decision(
        "markOrderPlaced",
        "Say that an order is in the management system",
        "For an order that a person entered there, or found there: it is placed under that number and not sent again.",
        "Placed",
        "Its number there.",
    )


def _decision(name: str, summary: str, told: str, record: str, said: str, *, required: bool = True) -> Operation:
    return operation(
        name,
        "Orders",
        summary,
        told,
        scope="orders:manage",
        answers={"200": answer("The order as it stands now.", named("StoredOrder"))},
        refused=(404, 409, 413),
        parameters=[in_path("id", "Our id of the order.")],
        sent=body(named(record), said, required=required),
    )
