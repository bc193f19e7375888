"""The pieces that operations are put together from: parameters, bodies, answers."""

from collections.abc import Iterable
from typing import Any

from listino.web.openapi.notice_words import CONFIRM
from listino.web.openapi.problems import ALWAYS, REQUEST_ID, refusals
from listino.web.openapi.schemas import CODE, DECIMAL, TEXT, Schema
from listino.web.openapi.words import meaning_of

JSON = "application/json"
Parameter = dict[str, Any]
Operation = dict[str, Any]
Paths = dict[str, dict[str, Operation]]

CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
COUNTRY: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}
MOMENT: Schema = {"type": "string", "description": "RFC 3339, or a local time or date in the company's zone."}
KNOWN_AT: Schema = {"anyOf": [{"type": "integer", "minimum": 0}, MOMENT]}
# What a browser reads before it gives an answer to the page that asked for it.
FOR_PAGES = {
    "Vary": {"description": "What an answer that is kept depends on, beside the address.", "schema": TEXT},
    "Access-Control-Allow-Origin": {
        "description": "The origin that asked, where the token is for it; never `*`.",
        "schema": TEXT,
    },
    "Access-Control-Expose-Headers": {"description": "The headers that the page may read.", "schema": TEXT},
}
ETAG_OF_FACT = {"ETag": {"description": "The record's own revision, for If-Match.", "schema": TEXT}}


def query(name: str, schema: Schema, description: str | None = None, **more: Any) -> Parameter:
    """A parameter of the query string."""
    text = description or meaning_of("", name)
    return {"name": name, "in": "query", "description": text, "schema": schema, **more}


def in_path(name: str, description: str) -> Parameter:
    """A parameter of the path."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": CODE}


def header(name: str, description: str, schema: Schema | None = None) -> Parameter:
    """A parameter that is a header."""
    return {"name": name, "in": "header", "description": description, "schema": schema or TEXT}


CODE_IN_QUERY = query("code", CODE, "The record's code, where it does not fit in a path.", required=True)
LIMIT = query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "How many at most.")
AFTER = query("after", TEXT, "`next` of the page before: go on behind it.")
IF_MATCH = header("If-Match", "The ETag of the version that the change is based on; without, the last writer wins.")
AS_KNOWN = query("known_at", KNOWN_AT)


CONFIRMED = query("confirm", {"type": "string", "enum": ["true", "false"], "default": "false"}, CONFIRM)


def price_parameters() -> list[Parameter]:
    """What a price can be asked by, beside its item."""
    return [
        query("customer", CODE, "Code of the customer; the guest of the channel where none is named."),
        query("quantity", {"type": "string", "pattern": DECIMAL, "default": "1"},
              "How many of `unit`; below 0 for goods that come back."),
        query("unit", CODE, "Unit of the quantity (UN/ECE Recommendation 20); the item's own where none is named."),
        query("channel", CODE, "Code of the channel; the key's where none is named."),
        query("currency", CURRENCY, "Currency of the answer (ISO 4217); the customer's where none is named."),
        query("country", COUNTRY, "Where the goods go (ISO 3166-1), for the tax; the customer's where none is named."),
        query("ship_to", CODE),
        query("order_type", CODE),
        query("coupons", {"type": "array", "items": CODE}, explode=False),
        query("attributes", {"type": "array", "items": {"type": "string", "pattern": "^[^:]+:.+$"}},
              f"{meaning_of('BatchAsk', 'attributes')} As NAME:VALUE, once for each value.", explode=True),
        query("at", MOMENT, "The instant to price for; now where none is named. The future needs explain:full."),
        query("delivery_at", MOMENT, meaning_of("BatchAsk", "delivery_at")),
        AS_KNOWN,
        query("explain", {"type": "string", "enum": ["none", "applied", "all"], "default": "applied"},
              f"{meaning_of('', 'explain')} `all` needs the scope explain:full."),
        query("ladder", {"type": "boolean", "default": False}, "Whether to list every quantity break."),
        query("min_revision", {"type": "integer", "minimum": 0}),
        header("Accept-Language", "The language of labels; its first tag counts."),
        header("If-None-Match", "The ETag of an answer that is at hand; 304 when it still is the answer."),
    ]  # fmt: skip


def body(schema: Schema, description: str, *others: tuple[str, Schema], required: bool = True) -> dict[str, Any]:
    """A body, which mostly must be sent: JSON, or one of the other types."""
    content = {JSON: {"schema": schema}} | {kind: {"schema": other} for kind, other in others}
    return {"required": required, "description": description, "content": content}


def answer(
    description: str, schema: Schema | None = None, headers: dict[str, Any] | None = None, kind: str = JSON
) -> dict[str, Any]:
    """One answer of an operation."""
    response: dict[str, Any] = {"description": description}
    if schema is not None:
        response["content"] = {kind: {"schema": schema}}
    if headers is not None:
        response["headers"] = headers
    return response


def page(schema: Schema, description: str, **more: Schema) -> Schema:
    """A page of a list with its cursor."""
    properties = {
        "data": {"type": "array", "items": schema, "description": description},
        "next": {"type": ["string", "null"], "description": "Send it as `after` for the next page; null at the end."},
        **more,
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def operation(
    name: str,
    tag: str,
    summary: str,
    description: str,
    *,
    answers: dict[str, Any],
    refused: Iterable[int] = (),
    scope: str | None = None,
    parameters: Iterable[Parameter] = (),
    sent: dict[str, Any] | None = None,
    with_token: bool = False,
) -> Operation:
    """One operation. `refused` are the refusals that come on top of those of every guarded door.

    With a scope it needs a key; `with_token` it is a browser's, which shows a token.
    """
    own = [*(ALWAYS if scope is not None or with_token else ()), *refused]
    made: Operation = {"operationId": name, "tags": [tag], "summary": summary, "description": description}
    if scope is not None:
        made["description"] = f"{description} Needs the scope `{scope}`."
    listed = list(parameters)
    if listed:
        made["parameters"] = listed
    if sent is not None:
        made["requestBody"] = sent
    more = (FOR_PAGES if with_token else {}) | (REQUEST_ID if with_token or scope is not None else {})
    if more:
        answers = {status: one | {"headers": one.get("headers", {}) | more} for status, one in answers.items()}
    made["responses"] = {**answers, **refusals(own)}
    made["security"] = [{"token": []}] if with_token else [{"key": []}] if scope is not None else []
    return made
