"""What is answered beside the messages and facts themselves: prices with their moment, pages, outcomes."""

from collections.abc import Iterator

from listino.core.facts import KINDS
from listino.web.openapi.baskets import basket_schemas
from listino.web.openapi.browsers import browser_schemas
from listino.web.openapi.catalogue import catalogue_schemas
from listino.web.openapi.desk import event_schemas, line_progress
from listino.web.openapi.live import live_schemas
from listino.web.openapi.notice_words import WARNINGS, WARNINGS_TOTAL
from listino.web.openapi.schemas import CODE, DAY, DECIMAL, INSTANT, REVISION, TEXT, Schema, named, schemas
from listino.web.openapi.streams import stream_schemas
from listino.web.openapi.words import meaning_of
from listino.web.rest.facts import CHANGES_MAX

# What is told of how many orders.
CONSERVED = (
    ("taken", "were ever taken"),
    ("accepted", "are taken and not yet placed, held ones among them"),
    ("in_doubt", "were sent to the management system, which has not answered yet"),
    ("placed", "stand in the management system"),
    ("parked", "wait for a person"),
    ("dropped", "a named person gave up"),
    ("cancelled", "were cancelled before they were placed"),
)


def all_schemas() -> dict[str, Schema]:
    """Every named schema of the document: the records, and what answers are made of beside them."""
    found = schemas()
    moment = {
        "at": {**INSTANT, "description": meaning_of("PriceAnswer", "at")},
        "revision": {**REVISION, "description": meaning_of("PriceAnswer", "revision")},
        "epoch": {**TEXT, "description": meaning_of("PriceAnswer", "epoch")},
        "stale_since": {"type": ["string", "null"], "format": "date-time",
                        "description": meaning_of("PriceAnswer", "stale_since")},
    }  # fmt: skip
    counted = {"usage_as_of": {**INSTANT, "description": meaning_of("PriceAnswer", "usage_as_of")}}
    price = _object("A price with the moment and the revision it holds for.", moment, found["PriceAnswer"])
    found["Price"] = price
    price["properties"] |= counted
    line = {
        "id": {**TEXT, "description": "The line's mark as it was asked; its place, from 1 on, where it had none."},
        "error": named("Problem"),
    }
    found["BatchLine"] = {
        "description": "A line's price, or the problem that this line alone has.",
        "anyOf": [
            _object("A line's price.", {"id": line["id"]}, found["PriceAnswer"]),
            _object("A line's problem.", line) | {"required": ["error"]},
        ],
    }
    found["Batch"] = _object("The answers of a batch; all belong to one revision.", {
        "lines": {"type": "array", "items": named("BatchLine"), "description": "One answer for each line, in order."},
        **moment,
    })  # fmt: skip
    found["Batch"]["properties"] |= counted
    found |= basket_schemas(found, moment | counted, line)
    found |= browser_schemas(found, line, moment)
    found |= live_schemas(found, line["error"])
    found |= catalogue_schemas(found, moment)
    found |= dict(_orders(found))
    for kind, record in KINDS.items():
        found[f"{record.__name__}Kept"] = {
            "description": f"A record of {kind} as it is kept.",
            "allOf": [named(record.__name__), {"type": "object", "required": ["code", "revision", "since", "until"]}],
        }
    found |= dict(_outcomes()) | stream_schemas()
    return dict(sorted(found.items()))


def _orders(found: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    key = {"key": {"type": ["string", "null"], "description": meaning_of("OrderAnswer", "key")}}
    yield "OrderTaken", _object("The first answer to an order; a repeat is given the same.", key, found["OrderAnswer"])
    own = found["OrderAnswer"]["properties"]
    said = {field: schema for field, schema in found["Order"]["properties"].items() if field not in own}
    answered = found["OrderLineAnswer"]
    lines = answered["properties"] | {"fields": found["OrderLine"]["properties"]["fields"]} | line_progress()
    about = "A line of an order as it stands now."
    required = [*answered["required"], *line_progress()]
    yield "StoredLine", {**answered, "description": about, "properties": lines, "required": required}
    stored = _object("An order as it stands now, with all that the store said of it.", key, found["OrderAnswer"])
    events = {"type": "array", "items": named("EventLine"), "description": meaning_of("StoredOrder", "events")}
    parked = {"description": meaning_of("StoredOrder", "parked"), "allOf": [named("ParkedAnswer")]}
    stored["properties"] |= said | {"events": events, "parked": parked}
    stored["required"].append("events")
    yield from event_schemas(found).items()
    stored["properties"]["lines"] = {**own["lines"], "items": named("StoredLine")}
    yield "StoredOrder", stored


def _outcomes() -> Iterator[tuple[str, Schema]]:
    """The answers of stock, of the end of a record, and all of change sets."""
    yield from _changes()
    yield "Conservation", _object("Where all orders are.", {
        name: {**REVISION, "description": f"How many orders {told}."} for name, told in CONSERVED
    })  # fmt: skip
    yield "Ended", _object("What was ended.", {
        "code": {**CODE, "description": "The record's code."},
        "revision": {**REVISION, "description": "The revision that ended it."},
    })  # fmt: skip
    warehouse = {
        "warehouse": {**CODE, "description": "Code of the warehouse."},
        "on_hand": {**TEXT, "pattern": DECIMAL, "description": "What is there, in the item's own unit."},
        "reserved": {**TEXT, "pattern": DECIMAL, "description": "What is promised to orders, in the item's own unit."},
        "available": {**TEXT, "pattern": DECIMAL, "description": "What is left, in the item's own unit."},
        "available_on": {**DAY, "description": "The day from when on there will be more; null: none is known."},
    }
    yield "Stock", _object("How much of an item there is.", {
        "item": {**CODE, "description": "Code of the item."},
        "warehouses": {"type": "array", "items": _object("One warehouse.", warehouse), "description": "By warehouse."},
        "available": {"type": ["string", "null"], "pattern": DECIMAL,
                      "description": "What is left in all, in the item's own unit; null: nobody counts it."},
        "available_on": {**DAY, "description": "The first day on which a warehouse will have more; null: none known."},
    })  # fmt: skip


def _changes() -> Iterator[tuple[str, Schema]]:
    kind = {**TEXT, "description": "The kind, as its route names it: items, rules, price-lists."}
    code = {**CODE, "description": "The record's code."}
    change = {
        "end": {"type": "boolean", "description": "Whether to end the record."},
        "based_on": {**REVISION, "description": "The record's own revision that the change is based on."},
    }
    about = "A record's own fields together with these; or its code with `end`."
    yield "Change", _object(about, {"kind": kind, "code": code}, {"properties": change, "required": []})
    many = {"type": "array", "items": named("Change"), "minItems": 1, "maxItems": CHANGES_MAX}
    many["description"] = "What is to change; more than these go as NDJSON."
    reason = {"reason": {**TEXT, "description": "Why, for the change log."}}
    yield (
        "ChangeSet",
        {
            **_object("Changes that become one revision, or nothing.", {"changes": many}, {"properties": reason}),
            "additionalProperties": False,
        },
    )
    noticed = {
        "warnings": {"type": "array", "items": named("NoticeLine"), "description": WARNINGS},
        "warnings_total": {**REVISION, "description": WARNINGS_TOTAL},
    }
    yield "Changed", _object("What a change set did.", {
        "revision": {**REVISION, "description": "The revision that holds the change set."},
        "changed": {**REVISION, "description": "How many records it changed."},
        "unchanged": {**REVISION, "description": "How many already were as stated."},
    }, {"properties": noticed, "required": []})  # fmt: skip
    record = {"type": "object", "required": ["kind", "code"], "properties": {"kind": kind, "code": code}}
    yield "Revision", _object("One committed change set.", {
        "revision": {**REVISION, "description": "Its number; it grows by one."},
        "at": {**INSTANT, "description": "When it was committed."},
        "actor": {**TEXT, "description": "The name of the key that brought it."},
        "reason": {"type": ["string", "null"], "description": "Why, as the caller said."},
        "changes": {**REVISION, "description": "How many records it changed."},
        "records": {"type": "array", "items": record, "description": "What it brought; the first 100."},
        "ended": {"type": "array", "items": record, "description": "What it ended; the first 100."},
    })  # fmt: skip


def _object(description: str, properties: dict[str, Schema], base: Schema | None = None) -> Schema:
    """An object whose own fields are always there, with the fields of a base before them."""
    own = base or {"properties": {}, "required": []}
    return {
        "type": "object",
        "description": description,
        "properties": {**own["properties"], **properties},
        "required": [*own.get("required", []), *properties],
    }
