"""The operation that lists what a key asked last."""

from listino.web.openapi.parts import AFTER, LIMIT, Paths, answer, operation, page, query
from listino.web.openapi.problems import ALWAYS, REQUEST_ID
from listino.web.openapi.schemas import TEXT, named


def requests() -> Paths:
    """The log of requests."""
    filters = [
        query("key", TEXT, "The id of another key, or `*` for all; needs the scope requests:read."),
        query(
            "status", {"type": "string", "pattern": "^[1-5]([0-9]{2}|xx)$"}, "One status, as 404, or a class, as 4xx."
        ),
        query(
            "path", TEXT, "How the path begins; an operation of SOAP whole, as `/soap#SubmitOrder`, `#` sent as `%23`."
        ),
    ]
    listed = operation(
        "listRequests",
        "Service",
        "List what a key asked last",
        "The last 1,000 requests of the key that asks, of 7 days at most, the newest first, with what was sent and "
        "what was refused: cut off after 2,048 bytes, and without anything but codes, amounts, moments and choices. "
        "Of a key that asks very often the refusals, what it sent, and of its other requests a part are kept. Needs no "
        "scope for the key's own.",
        answers={
            "200": answer("A page of requests.", page(named("RequestLine"), "Requests, the newest first."), REQUEST_ID)
        },
        refused=ALWAYS,
        parameters=[*filters, LIMIT, AFTER],
    )
    listed["security"] = [{"key": []}]
    return {"/v1/requests": {"get": listed}}
