"""The operations that are answered line by line while they are worked out."""

from typing import Any

from listino.flows.price_changes import MOMENTS_MAX
from listino.web.openapi.parts import (
    AS_KNOWN,
    COUNTRY,
    CURRENCY,
    MOMENT,
    Operation,
    answer,
    body,
    header,
    in_path,
    operation,
    query,
)
from listino.web.openapi.schemas import CODE, DECIMAL, TEXT, Schema, named
from listino.web.openapi.words import meaning_of
from listino.web.rest.facts import CHANGES_MAX
from listino.web.rest.price_changes import PERIOD_MAX
from listino.web.rest.what_if import LINES_WANTED, SAMPLE_MAX
from listino.web.streams import NDJSON

Paths = dict[str, dict[str, Operation]]
LANGUAGE = header("Accept-Language", "The language of names; its first tag counts.")
FAILED = (
    " What fails on the way is told in a last line with `record` error and its `problem`. A server answers three such "
    "streams at a time in each process; one more is told 503 `busy`."
)


def streams() -> Paths:
    """A customer's prices as a whole, and a change set that is only tried."""
    return {
        "/v1/what-if": {"post": _what_if()},
        "/v1/customers/{code}/price-list": {"get": _price_list()},
        "/v1/customers/{code}/price-changes": {"get": _price_changes()},
    }


def stream_schemas() -> dict[str, Schema]:
    """The schemas that no record stands for."""
    failure = {
        "type": "object",
        "description": "The last line of a stream that failed on the way.",
        "properties": {
            "record": {"const": "error", "description": "`error`."},
            "problem": {**named("Problem"), "description": "What failed."},
        },
        "required": ["record", "problem"],
    }
    return {"StreamFailure": failure, "WhatIfAsk": _what_if_ask()}


def _lines(description: str, *records: str) -> dict[str, Any]:
    """An answer of lines, each one of these records."""
    return answer(description, {"anyOf": [named(name) for name in (*records, "StreamFailure")]}, kind=NDJSON)


def _price_list() -> Operation:
    lines = _lines("One line an item, by code, between a first and a last one.", "ListStart", "ListLine", "ListFinish")
    lines["content"]["text/csv"] = {"schema": TEXT}
    form = query("format", {"type": "string", "enum": ["ndjson", "csv"], "default": "ndjson"}, "How it is written; "
                 "`Accept: text/csv` says csv too.")  # fmt: skip
    return operation(
        "resolvePriceList",
        "Prices",
        "Ask all prices of a customer",
        "Every item that the customer can buy and has a price for, each resolved as getPrice resolves it, with its "
        "quantity breaks and until when they hold. All lines belong to one revision. As CSV there is a row an item, "
        "breaks as `10:9.50 50:9.20` (`>10:` for above 10)." + FAILED,
        scope="prices:read",
        answers={"200": lines},
        refused=(404, 410),
        parameters=[
            in_path("code", "Code of the customer."),
            query("at", MOMENT, "The day to price for; now where none is named. The future needs explain:full."),
            AS_KNOWN,
            *_context(),
            query("after", CODE, "Only items behind this code: to go on with a list that broke off, with its revision "
                  "as `known_at`."),
            form,
            LANGUAGE,
        ],
    )  # fmt: skip


def _price_changes() -> Operation:
    return operation(
        "listPriceChanges",
        "Prices",
        "Ask what will change for a customer",
        "Each price followed through a period from one of its changes to the next, by the resolver that answers "
        "getPrice. Without `item`, `item_group` or `all` it is about the items that the customer has ordered or has "
        f"prices of its own for. A price is followed over at most {MOMENTS_MAX} moments at which it could change; a "
        "line `too_many` says where it was left." + FAILED,
        scope="explain:full",
        answers={
            "200": _lines("One line a change, by item and time, between a first and a last one.", "ChangesStart",
                          "ChangeLine", "TooManyLine", "ChangesFinish"),
        },
        refused=(404, 410),
        parameters=[
            in_path("code", "Code of the customer."),
            query("from", MOMENT, "The beginning of the period; now where none is named."),
            query("until", MOMENT, "Its end, a bare date with that whole day; a year where none is named, "
                  f"{PERIOD_MAX.days} days at most."),
            query("item", CODE, "Only this item."),
            query("item_group", CODE, "Only the items of this group and of all below it."),
            query("all", {"type": "boolean", "default": False}, "Whether to follow every item there is."),
            query("quantity", {"type": "string", "pattern": DECIMAL, "default": "1"}, "How many of `unit`; above 0."),
            query("unit", CODE, "Unit of the quantity, with `item` alone; the item's own where none is named."),
            *_context(),
            AS_KNOWN,
            LANGUAGE,
        ],
    )  # fmt: skip


def _what_if_ask() -> Schema:
    changes = {"type": "array", "items": named("Change"), "minItems": 1, "maxItems": CHANGES_MAX}
    fields: dict[str, Schema] = {
        "changes": changes,
        "reason": {"type": ["string", "null"]},
        "since": {"type": ["string", "null"]},
        "until": {"type": ["string", "null"]},
        "sample": {"type": ["integer", "null"], "minimum": 1, "maximum": SAMPLE_MAX},
        "customer": {**CODE, "type": ["string", "null"]},
        "channel": {**CODE, "type": ["string", "null"]},
        "at": {"type": ["string", "null"]},
    }
    return {
        "type": "object",
        "description": "A change set that is not kept, and the lines of past orders to try it on.",
        "properties": {
            name: {**schema, "description": meaning_of("WhatIfAsk", name)} for name, schema in fields.items()
        },
        "required": ["changes"],
        "additionalProperties": False,
    }


def _what_if() -> Operation:
    wanted = {name: query(name, TEXT, meaning_of("WhatIfAsk", name)) for name in sorted(LINES_WANTED)}
    wanted["sample"]["schema"] = {"type": "integer", "minimum": 1, "maximum": SAMPLE_MAX}
    return operation(
        "tryChanges",
        "Changes",
        "Try a change set on past orders",
        "Lines of past orders (not of test keys, nor cancelled or dropped), asked as they would be asked at one "
        "instant: priced by the book, and by the book with the draft. Each line stands alone, with the customer, "
        "channel, currency, destination and coupons of its order; what an order gets as a whole is not in it. The "
        "draft is checked as a change set that is kept; nothing is written. Progress comes between the effects."
        + FAILED + " With the changes as NDJSON, one a line, which lines are meant stands in the query. Needs also "
        "`facts:read` and `orders:read`.",
        scope="explain:full",
        answers={
            "200": _lines("Progress and effects, by customer and item, between a first and a last line.", "WhatIfStart",
                          "WhatIfProgress", "WhatIfEffect", "WhatIfTotal"),
        },
        refused=(404, 409, 413),
        parameters=wanted.values(),
        sent=body(named("WhatIfAsk"), "The draft, and the lines to try it on.",
                  ("application/x-ndjson", named("Change"))),
    )  # fmt: skip


def _context() -> list[dict[str, Any]]:
    return [
        query("channel", CODE, "Code of the channel; the key's where none is named."),
        query("currency", CURRENCY, "Currency of the answer (ISO 4217); the customer's where none is named."),
        query("country", COUNTRY, "Where the goods go (ISO 3166-1), for the tax; the customer's where none is named."),
    ]
