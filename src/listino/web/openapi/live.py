"""The operations that go on telling: streams of server-sent events."""

from typing import Any

from listino.web.live_stream import KEEP_ALIVE_S, MEDIA_TYPE, RETRY_MS
from listino.web.openapi.browsers import asked_by_browser
from listino.web.openapi.parts import COUNTRY, CURRENCY, Operation, Paths, header, operation, query
from listino.web.openapi.schemas import CODE, DAY, DECIMAL, REVISION, TEXT, Schema, named
from listino.web.rest.live import KEY_QUESTIONS_MAX, KEY_STREAMS_MAX, LINES_MAX
from listino.web.rest.me_live import (
    CUSTOMER_QUESTIONS_MAX,
    CUSTOMER_STREAMS_MAX,
    PUBLIC_QUESTIONS_MAX,
    PUBLIC_STREAMS_MAX,
)

AT_ONCE = {"X-Accel-Buffering": {"description": "`no`: a proxy is to pass each event on at once.", "schema": TEXT}}
QUANTITY: Schema = {"type": "string", "pattern": DECIMAL}
ABOUT = (
    "Server-sent events: first `ready`, then an event `price` for each item, and another whenever what it says has "
    "changed: by a revision, by the beginning or end of a validity, or by the stock. Nothing else is sent but a "
    f"comment every {KEEP_ALIVE_S:.0f} s, as a sign of life. The `data` of an event is the price as a batch answers it "
    "without `explain`, with the `line` that it is about and the item's `stock`. The `id` of an event stands for all "
    "that was told until then: whoever comes back with it, as browsers do by themselves after "
    f"{RETRY_MS / 1000:.0f} s, is told exactly what changed meanwhile, also after a restart of the service; over a "
    "restored database, everything. A slow reader is told the newest state alone. A stream ends with its key and with "
    "the service."
)


def live() -> Paths:
    """A stream for whoever has a key, and one for browsers."""
    return {"/v1/stream": {"get": _stream()}, "/v1/me/stream": {"get": _my_stream()}}


def _stream() -> Operation:
    return operation(
        "streamPrices",
        "Prices",
        "Be told of prices as they change",
        f"{ABOUT} One process keeps 1,000 streams open, {KEY_STREAMS_MAX} of one key, of {KEY_QUESTIONS_MAX:,} "
        "different questions; one more is told 503 `busy`, or 429 `too_many_streams` or `too_many_questions`.",
        scope="prices:read",
        answers={"200": told("The events, for as long as somebody reads them.", "LiveLine")},
        refused=(404, 429),
        parameters=[
            *line_parameters(),
            query("customer", CODE, "Code of the customer; the guest of the channel where none is named."),
            query("channel", CODE, "Code of the channel; the key's where none is named."),
            query("currency", CURRENCY, "Currency of the answers (ISO 4217); the customer's where none is named."),
            query("country", COUNTRY, "Where the goods go (ISO 3166-1), for the tax; the customer's where none is."),
            query("ship_to", CODE),
            query("order_type", CODE),
            *resuming(),
        ],
    )


def _my_stream() -> Operation:
    return asked_by_browser(
        "streamMyPrices",
        "Be told of prices as they change",
        f"{ABOUT} The first answers come together; what a page is not to know of is told as an item that there is not. "
        f"One customer has {CUSTOMER_STREAMS_MAX} streams open in a process, of {CUSTOMER_QUESTIONS_MAX:,} different "
        f"questions; all guests of one key together {PUBLIC_STREAMS_MAX}, of {PUBLIC_QUESTIONS_MAX:,}. The stream ends "
        "with its token.",
        answers={"200": told("The events, until the token ends.", "MyLiveLine")},
        parameters=[
            *line_parameters(),
            query("token", TEXT, "The token, where it cannot be sent as `Authorization: Bearer`: EventSource cannot."),
            *resuming(),
        ],
    )


def told(description: str, line: str) -> dict[str, Any]:
    """An answer of events, each with such a line."""
    schema = {"type": "string", "contentMediaType": MEDIA_TYPE, "contentSchema": named(line)}
    return {"description": description, "headers": AT_ONCE, "content": {MEDIA_TYPE: {"schema": schema}}}


def line_parameters() -> list[dict[str, Any]]:
    """What is watched."""
    codes = {"type": "array", "items": CODE, "minItems": 1, "maxItems": LINES_MAX}
    return [
        query("item", codes, "Code of an item, once for each line; a line's number is its place, from 1 on.",
              required=True, explode=True),
        query("quantity", {"type": "array", "items": QUANTITY, "maxItems": LINES_MAX},
              "How many of `unit`, above 0: once for all lines, or once for each; 1 where it is left out.",
              explode=True),
        query("unit", {"type": "array", "items": CODE, "maxItems": LINES_MAX},
              "Unit of the quantity: once for all lines, or once for each; the item's own where it is left out.",
              explode=True),
    ]  # fmt: skip


def resuming() -> list[dict[str, Any]]:
    """How a stream goes on where another ended."""
    text = "The `id` of the last event that was read, of this or another stream of the same questions"
    return [
        header("Last-Event-ID", f"{text}; browsers send it when they come back."),
        query("last_event_id", TEXT, f"{text}, for those who cannot set the header."),
        header("Accept-Language", "The language of texts; its first tag counts."),
    ]


def live_schemas(found: dict[str, Schema], problem: Schema) -> dict[str, Schema]:
    """What events say, beside the price that they tell."""
    line: dict[str, Schema] = {
        "line": {**REVISION, "minimum": 1, "description": "Which of the watched lines it is about, from 1 on."}
    }
    stock = {"description": "How much there is of it; null where nobody counts it."}
    stock["anyOf"] = [named("LiveStock"), {"type": "null"}]  # type: ignore[assignment]
    failed = {"item": {**CODE, "description": "The item as it was asked for."}, "error": problem}
    left = {**TEXT, "pattern": DECIMAL}
    warehouse = {
        "warehouse": {**CODE, "description": "Code of the warehouse."},
        "available": {**left, "description": "What is left, in the item's own unit."},
        "available_on": {**DAY, "description": "The day from when on there will be more; null: none is known."},
    }
    of_stock = {
        "available": {**left, "description": "What is left in all, in the item's own unit."},
        "available_on": {**DAY, "description": "The first day on which a warehouse will have more; null: none known."},
        "warehouses": {"type": "array", "items": _object("One.", warehouse), "description": "By warehouse."},
    }
    return {
        "LiveStock": _object("How much of a watched item there is for whoever orders now.", of_stock),
        **{
            name: {
                "description": f"The data of an event `price`{whose}: the line's price, or the problem that it has.",
                "anyOf": [
                    _object("A line's price.", {**found[price]["properties"], **line, "stock": stock}),
                    _object("A line's problem.", {**line, **failed}),
                ],
            }
            for name, price, whose in (("LiveLine", "Price", ""), ("MyLiveLine", "MyPrice", " as a browser is told it"))
        },
    }


def _object(description: str, properties: dict[str, Schema]) -> Schema:
    required = [name for name in properties if name in ("line", "item", "error", "stock", "warehouse", "available")]
    return {"type": "object", "description": description, "properties": properties, "required": required}
