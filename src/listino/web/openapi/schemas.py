"""The schemas of all messages and facts, as msgspec reads them, with meanings, bounds and choices added."""

from typing import Any

import msgspec

from listino.core.alerts import KINDS
from listino.core.checks import (
    CHOICES,
    CODE_FIELDS,
    CODE_LENGTH_MAX,
    CURRENCY_FIELDS,
    PRIOR_PRICE_DAYS_MAX,
)
from listino.core.desk import Decision, OrderStep
from listino.core.facts import KIND_OF
from listino.core.life import STATES, STEPS
from listino.core.order_events import KINDS as EVENT_KINDS
from listino.core.order_events import OrderEvent, Settlement
from listino.core.orders import LINES_MAX, Order
from listino.core.parking import Drop, Placed, Retry
from listino.core.rule_checks import TIERS_MAX
from listino.core.scheme import COMBINES, PICKS, RANKS, STEP_KINDS, STEPS_MAX, TIES
from listino.flows.alerts import Alert
from listino.flows.facts import PERSON_FIELDS
from listino.flows.mirror_state import MirrorSource
from listino.flows.stock import Count
from listino.flows.webhooks import Delivery
from listino.web.asks import BasketAsk, BatchAsk
from listino.web.basket_messages import BasketParts
from listino.web.browser_messages import MESSAGES as OF_BROWSERS
from listino.web.catalogue_messages import CatalogueLine
from listino.web.messages import PriceAnswer, Problem, UnpricedLine
from listino.web.openapi.notice_words import WARNINGS, WARNINGS_TOTAL
from listino.web.openapi.words import meaning_of
from listino.web.rest.mismatches import MismatchLine
from listino.web.rest.order_answers import OrderAnswer, ParkedAnswer
from listino.web.rest.price_changes import ChangeLine, ChangesFinish, ChangesStart, TooManyLine
from listino.web.rest.price_lists import ListFinish, ListLine, ListStart
from listino.web.rest.reconciliation import ReconciliationAnswer
from listino.web.rest.requests import RequestLine
from listino.web.rest.webhooks import WebhookAnswer, WebhookReplay, WebhookReplayed, WebhookRotation, WebhookSaid
from listino.web.rest.what_if import WhatIfEffect, WhatIfProgress, WhatIfStart, WhatIfTotal

Schema = dict[str, Any]
STREAMED = (
    ListStart, ListLine, ListFinish, ChangesStart, ChangeLine, TooManyLine, ChangesFinish, WhatIfStart, WhatIfProgress,
    WhatIfEffect, WhatIfTotal,
)  # fmt: skip
REFERENCES = "#/components/schemas/"
# A decimal as it is taken: the digits that are stored. An answer is exact, so it may have more.
DECIMAL = r"^-?[0-9]{1,18}(\.[0-9]{1,9})?$"
EXACT_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
CODE: Schema = {"type": "string", "minLength": 1, "maxLength": CODE_LENGTH_MAX}
REVISION: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": ["string", "null"], "format": "date"}

# What is text in the messages and a decimal in meaning.
AMOUNTS = frozenset(
    ["value", "price_in", "price_out", "net_price", "gross_price", "list_price", "per", "from", "above", "quantity",
     "net", "tax", "gross", "tax_percent", "reference_net_price", "reference_gross_price", "prior_net_price",
     "prior_gross_price", "reduction_percent", "on_hand", "reserved", "available", "before", "after", "gross_before",
     "gross_after", "difference", "difference_percent", "margin_before", "margin_after", "margin_percent_before",
     "margin_percent_after", "base", "rate", "units", "reference_percent", "lowest", "highest", "left", "increment",
     "offset", "percent", "amount", "min_margin", "max_margin", "reference", "holds", "price", "cost",
     "total", "cut", "times"]
)  # fmt: skip
INSTANTS = frozenset(
    ["at", "next_change_at", "ordered_at", "taken_at", "stale_since", "valid_until", "first_at", "last_at",
     "prior_price_since", "reduced_since", "begins_at", "ends_at", "quote_expires_at", "usage_as_of", "begun_at",
     "kept_at", "full_at",
     "created_at", "failing_since", "since", "tried_at", "next_at", "raised_at", "over_at", "expires_at"]
)  # fmt: skip
# The messages in which the server speaks: every decimal and instant in them is text of that form.
ANSWERS = frozenset(
    ["PriceAnswer", "StepLine", "RoundingLine", "FormulaLine", "IndexedLine", "TierPart", "BreakLine", "ChargeLine",
     "Segment", "OrderAnswer", "OrderLineAnswer", "HistoryLine", "UnpricedLine", "MismatchLine", "FindingLine",
     "ReconciliationAnswer", "ShareLine",
     "FreeGoodsLine",
     "BasketCharge", "RateTotals", "BasketTotals", "BasketParts", "Warehouse", "Stock", "ChangedRule", "WhatIfSum",
     "BrowserPrice", "BrowserCharge", "BrowserGoods", "BrowserBasketCharge", "BrowserBasketParts",
     "MyOrderLine",
     "Asker", "TokenAnswer",
     "CatalogueLine", "StockLine", "ShelfLine",
     "NoticeLine", "RecordName", "MirrorSource", "MirrorProblem", "WebhookAnswer", "Delivery", "Alert",
     "RequestLine",
     *(record.__name__ for record in STREAMED)]
)  # fmt: skip
_CHOICES: dict[str, tuple[str, ...]] = {
    **CHOICES,
    "Step.kind": STEP_KINDS,
    "Step.pick": PICKS,
    "Step.combine": COMBINES,
    "Step.when_unknown": ("refuse", "flag"),
    "Step.ties": TIES,
    "BatchAsk.explain": ("none", "applied", "all"),
    "BasketAsk.explain": ("none", "applied", "all"),
    "ManualLine.action": ("price", "percent", "amount"),
    "ManualLine.sign": ("allowance", "charge"),
    "ManualLine.tax_mode": ("net", "gross"),
    "ShareLine.kind": ("allowance", "charge"),
    "PriceAnswer.outcome": ("price", "no_price"),
    "PriceAnswer.prior_price_missing": ("new_item", "history_gone", "history_too_long"),
    "StepLine.kind": ("price", "allowance", "charge", "limit", "rounding"),
    "OrderAnswer.life": STATES,
    "OrderStep.state": STEPS,
    "OrderEvent.kind": EVENT_KINDS,
    "Decision.prices": ("store", "ours"),
    "WebhookSaid.state": ("active", "paused"),
    "WebhookAnswer.state": ("active", "paused", "failing", "disabled"),
    "Delivery.state": ("waiting", "delivered", "parked", "ended"),
    "Alert.kind": tuple(KINDS),
    "BrowserPrice.outcome": ("price", "no_price"),
    "BrowserPrice.reason": ("no_price", "on_request"),
    "MyOrder.state": STATES,
    "Asker.kind": ("customer", "public"),
    "Asker.shows": ("net", "gross", "both"),
    "TokenAnswer.kind": ("customer", "public"),
    "OrderAnswer.handover": ("accepted", "in_doubt", "placed", "parked", "dropped", "cancelled"),
}
_BOUNDS: dict[str, Schema] = {
    "BatchAsk.lines": {"minItems": 1, "maxItems": LINES_MAX},
    "BasketAsk.lines": {"maxItems": LINES_MAX},
    "Order.lines": {"minItems": 1, "maxItems": LINES_MAX},
    "Scale.tiers": {"minItems": 1, "maxItems": TIERS_MAX},
    "BrowserAsk.lines": {"minItems": 1, "maxItems": 200},
    "BrowserBasketAsk.lines": {"minItems": 1, "maxItems": 200},
    "TokenAsk.origins": {"minItems": 1, "maxItems": 20},
    "TokenAsk.minutes": {"minimum": 1, "maximum": 525_600},
    "TokenAsk.items_per_hour": {"minimum": 1, "maximum": 100_000},
    "Scheme.steps": {"minItems": 1, "maxItems": STEPS_MAX},
    "Count.available_on": {"format": "date"},
    "PriceList.decimals": {"minimum": 0, "maximum": 9},
    "Country.code": {"pattern": "^[A-Z]{2}$"},
    "Country.prior_price_days": {"minimum": 0, "maximum": PRIOR_PRICE_DAYS_MAX},
    "Country.prior_price_perishable_days": {"minimum": 0, "maximum": PRIOR_PRICE_DAYS_MAX},
    "Country.prior_price_new_item_days": {"minimum": 0, "maximum": PRIOR_PRICE_DAYS_MAX},
}


def schemas() -> dict[str, Schema]:
    """The schemas of everything that has a record in the code, by the record's name."""
    records = [
        *KIND_OF,
        Order,
        BatchAsk,
        BasketAsk,
        PriceAnswer,
        BasketParts,
        OrderAnswer,
        Problem,
        Count,
        Decision,
        Retry,
        Drop,
        Placed,
        ParkedAnswer,
        OrderEvent,
        Settlement,
        OrderStep,
        UnpricedLine,
        MirrorSource,
        MismatchLine,
        ReconciliationAnswer,
        WebhookSaid,
        WebhookRotation,
        WebhookReplay,
        WebhookReplayed,
        WebhookAnswer,
        Delivery,
        Alert,
        RequestLine,
        *OF_BROWSERS,
        CatalogueLine,
        *STREAMED,
    ]
    _, found = msgspec.json.schema_components(records, ref_template=REFERENCES + "{name}")
    tidied = {name: _tidied(name, schema) for name, schema in found.items()}
    for record in KIND_OF:
        _as_put(tidied[record.__name__])
    _add_person(tidied["Customer"])
    return tidied


def named(name: str) -> Schema:
    """A reference to a schema."""
    return {"$ref": REFERENCES + name}


def _tidied(name: str, schema: Schema) -> Schema:
    """A schema of msgspec's in the words of the document."""
    description = " ".join(schema.get("description", "").partition("\n\n")[0].split())
    properties = {field.rstrip("_"): inner for field, inner in schema["properties"].items()}
    tidied: Schema = {"type": "object", "description": description, "properties": {}}
    for field, inner in properties.items():
        tidied["properties"][field] = _field(name, field, inner)
    required = [field.rstrip("_") for field in schema.get("required", [])]
    if required:
        tidied["required"] = required
    if tidied["properties"].pop("more", None) is not None:
        tidied["description"] += " Other fields of the store's own are kept and given back."
        tidied["additionalProperties"] = True
    elif name not in ANSWERS:
        tidied["additionalProperties"] = False
    return tidied


def _field(record: str, field: str, schema: Schema) -> Schema:
    """One field: its type in short form, its choices and bounds, its meaning."""
    schema = _short(schema)
    if record in ANSWERS:
        _say_form(field, schema)
    else:
        _say_bounds(field, schema)
    choices = _CHOICES.get(f"{record}.{field}")
    if choices is not None:
        schema["enum"] = [*choices, None] if "null" in schema["type"] else list(choices)
    if (record, field) == ("Step", "rank"):
        schema["items"]["enum"] = list(RANKS)
    schema |= _BOUNDS.get(f"{record}.{field}", {})
    meaning = meaning_of(record, field)
    return schema | {"description": meaning} if meaning is not None else schema


def _short(schema: Schema) -> Schema:
    """A schema without what goes without saying: `anyOf` with null becomes a list of types."""
    schema = {name: value for name, value in schema.items() if name != "title"}
    if schema.get("default", ...) is None:
        del schema["default"]
    if schema.get("format") == "decimal":
        schema = {**schema, "pattern": DECIMAL}
        del schema["format"]
    if "items" in schema:
        schema["items"] = _short(schema["items"])
    if "prefixItems" in schema:
        schema["prefixItems"] = [_short(inner) for inner in schema["prefixItems"]]
    parts = [_short(part) for part in schema.pop("anyOf", [])]
    others = [part for part in parts if part != {"type": "null"}]
    if len(others) == 1 and "type" in others[0] and len(parts) > 1:
        return {**others[0], "type": [others[0]["type"], "null"], **schema}
    return {"anyOf": parts, **schema} if parts else schema


def _say_form(field: str, schema: Schema) -> None:
    """What an answered text looks like: a decimal or an instant."""
    if "string" in _types(schema):
        if field in AMOUNTS:
            schema["pattern"] = EXACT_DECIMAL
        elif field in INSTANTS:
            schema["format"] = "date-time"


def _say_bounds(field: str, schema: Schema) -> None:
    """What a stated text must look like: a code, a currency, a country, an instant or a date."""
    if field in {"valid_from", "valid_to"}:
        kinds = [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, {"type": "null"}]
        schema.clear()
        schema["anyOf"] = kinds
    elif "string" not in _types(schema) or "pattern" in schema:
        return
    elif field in CURRENCY_FIELDS:
        schema["pattern"] = "^[A-Z]{3}$"
    elif field == "country":
        schema["pattern"] = "^[A-Z]{2}$"
    elif field in CODE_FIELDS:
        schema |= {"minLength": 1, "maxLength": CODE_LENGTH_MAX}


def _types(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _as_put(schema: Schema) -> None:
    """A fact as it is put: the code may be left to the path; what GET adds is accepted and ignored."""
    schema["required"] = [field for field in schema["required"] if field != "code"]
    if not schema["required"]:
        del schema["required"]
    schema["properties"] |= {
        "revision": {**REVISION, "readOnly": True, "description": "The revision that brought this version; its ETag."},
        "since": {**REVISION, "readOnly": True, "description": "The same as `revision`."},
        "until": {
            "type": ["integer", "null"],
            "readOnly": True,
            "description": "The revision that ended this version; null while it stands.",
        },
        "warnings": {"type": "array", "items": named("NoticeLine"), "readOnly": True, "description": WARNINGS},
        "warnings_total": {**REVISION, "readOnly": True, "description": WARNINGS_TOTAL},
    }


def _add_person(customer: Schema) -> None:
    for field in sorted(PERSON_FIELDS):
        customer["properties"][field] = {"type": ["string", "null"], "maxLength": 400}
        customer["properties"][field]["description"] = meaning_of("Customer", field)
