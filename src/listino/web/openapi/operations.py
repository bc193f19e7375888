"""The operations on prices, change sets and stock, and those about the service itself."""

from typing import Any

from listino.web.openapi.parts import (
    AFTER,
    CONFIRMED,
    LIMIT,
    Operation,
    Parameter,
    Paths,
    answer,
    body,
    header,
    in_path,
    operation,
    page,
    price_parameters,
    query,
)
from listino.web.openapi.schemas import CODE, REVISION, TEXT, named

OF_COMPONENT = {
    "ETag": {"description": "The digest of the file, for If-None-Match.", "schema": TEXT},
    "Access-Control-Allow-Origin": {"description": "`*`: it holds nothing of anybody's.", "schema": TEXT},
}
ETAG_OF_PRICE = {"ETag": {"description": "The digest of what the answer says, for If-None-Match.", "schema": TEXT}}
PRICE_ANSWERS = {
    "200": answer("The price; or, with `outcome` no_price, why there is none.", named("Price"), ETAG_OF_PRICE),
    "304": answer("What If-None-Match names still is the answer.", headers=ETAG_OF_PRICE),
}


def prices() -> Paths:
    """What is asked most: a price, a ladder, many prices at once."""
    item = in_path("item", "Code of the item.")
    in_query = query("item", CODE, "Code of the item, where it does not fit in a path.", required=True)
    price = _priced(
        "getPrice",
        "Ask the price of an item",
        "The price for this customer, quantity and moment, with the steps that led to it. That there is no price is "
        "an answer too: 200 with a reason. An answer may be kept until `next_change_at` as long as the revision stays.",
        item,
    )
    ladder = _priced(
        "getLadder",
        "Ask all quantity breaks of an item",
        "The price as getPrice answers it, with `ladder`: every quantity at which the unit price changes.",
        item,
    )
    by_query = _priced(
        "getPriceByQuery",
        "Ask a price, with the item in the query",
        "The same as getPrice, for codes that do not fit in a path.",
        in_query,
    )
    return {
        "/v1/prices/{item}": {"get": price},
        "/v1/prices/{item}/ladder": {"get": ladder},
        "/v1/prices": {"get": by_query, "post": _batch()},
    }


def _priced(name: str, summary: str, description: str, item: Parameter) -> Operation:
    return operation(
        name,
        "Prices",
        summary,
        description,
        scope="prices:read",
        answers=PRICE_ANSWERS,
        refused=(404, 410),
        parameters=[item, *price_parameters()],
    )


def _batch() -> Operation:
    return operation(
        "askPrices",
        "Prices",
        "Ask the prices of many lines",
        "One context and 1 to 1,000 lines. Each line stands alone: quantities are not added up. A line's error is that "
        "line's; an unknown customer is the whole batch's. All answers belong to one revision.",
        scope="prices:read",
        answers={"200": answer("One answer for each line, in order.", named("Batch"))},
        refused=(404, 410, 413),
        sent=body(named("BatchAsk"), "The context and the lines."),
        parameters=[header("Accept-Language", "The language of labels; its first tag counts.")],
    )


def unpriced() -> Paths:
    """What was asked for and has no price."""
    filters = [
        query("item", CODE, "Only this item."),
        query("customer", CODE, "Only what this customer asked for."),
        query("channel", CODE, "Only what was asked for through this channel."),
        query("reason", TEXT, "Only where this is why there is no price, as `no_price` or `not_in_assortment`."),
    ]
    listed = operation(
        "listUnpriced",
        "Prices",
        "List what was asked for and has no price",
        "Each customer and item that was asked for through a channel and has no price now, the most asked for first. "
        "Listing asks the last such question again: what has a price by now is off the list. Questions about the "
        "present count, not those with `known_at` or by a test key. A worker writes its counts down every ten seconds; "
        "of more than 100,000 the rarest are dropped. A page may be short where many have got a price.",
        scope="facts:read",
        answers={"200": answer("A page of the list.", page(named("UnpricedLine"), "What has no price."))},
        parameters=[*filters, LIMIT, AFTER, header("Accept-Language", "The language of labels; its first tag counts.")],
    )
    differing = operation(
        "listPriceMismatches",
        "Prices",
        "List the prices that the management system gives otherwise",
        "Now and then an answer is kept and held against the management system's own price, where that can be asked. "
        "What differs by the smallest coin of the line is listed here, the newest first, and counted.",
        scope="facts:read",
        answers={"200": answer("A page of the list.", page(
            named("MismatchLine"), "What differs.",
            compared={**REVISION, "description": "How many answers were ever compared."},
            mismatches={**REVISION, "description": "How many of them differed."},
        ))},
        parameters=[LIMIT, AFTER],
    )  # fmt: skip
    return {"/v1/unpriced": {"get": listed}, "/v1/price-mismatches": {"get": differing}}


def changes() -> Paths:
    """Many facts at once, and the log of what changed."""
    as_list = {"type": "array", "items": named("Change"), "minItems": 1}
    commit = operation(
        "commitChanges",
        "Changes",
        "Carry out a change set",
        "Many records, one revision, all or nothing. What a record names must be there or in the same set. A large "
        "set is sent as NDJSON, one change a line. It is looked at before it is kept: a price that moves far, falls "
        "below cost or to 0 is to be confirmed, and what else is noticed is answered as `warnings`.",
        scope="facts:write",
        answers={"200": answer("What the change set did.", named("Changed"))},
        refused=(404, 409, 413),
        parameters=[query("reason", TEXT, "Why, for the change log, where the body does not say it."), CONFIRMED],
        sent=body(
            {"anyOf": [named("ChangeSet"), as_list]},
            "With a reason or without.",
            ("application/x-ndjson", named("Change")),
        ),
    )
    log_page = page(
        named("Revision"),
        "The revisions, oldest first.",
        revision={**REVISION, "description": "The newest revision."},
        epoch={**TEXT, "description": "The time line that they belong to."},
    )
    after = {**AFTER, "schema": {"type": "integer", "minimum": 0}, "description": "The revision behind which to begin."}
    log = operation(
        "listChanges",
        "Changes",
        "Read the change log",
        "Every revision behind one, with what it brought and ended.",
        scope="facts:read",
        answers={"200": answer("A page of revisions.", log_page)},
        parameters=[after, LIMIT],
    )
    return {"/v1/changes": {"post": commit, "get": log}}


def stock() -> Paths:
    """How much there is; stock makes no revision."""
    item = in_path("item", "Code of the item.")
    warehouse = query("warehouse", CODE, "Code of the warehouse, where the body names none; `main` without.")
    found = {"200": answer("The item's stock.", named("Stock"))}
    count = operation(
        "putStock",
        "Stock",
        "Set how much a warehouse holds",
        "Stock is a ledger: it makes no revision.",
        scope="stock:write",
        answers=found,
        refused=(404, 413),
        parameters=[item, warehouse],
        sent=body(named("Count"), "What was counted."),
    )
    held = operation(
        "getStock",
        "Stock",
        "Read an item's stock",
        "On hand, reserved for orders, and what is left, by warehouse.",
        scope="facts:read",
        answers=found,
        refused=(404,),
        parameters=[item],
    )
    return {"/v1/stock/{item}": {"put": count, "get": held}}


def service() -> Paths:
    """Whether it runs, what it counts, and this contract."""
    status = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
    ready = {
        "type": "object",
        "required": ["status", "revision", "epoch"],
        "properties": {
            "status": {"const": "ready"},
            "revision": {**REVISION, "description": "The newest revision."},
            "epoch": {**TEXT, "description": "The time line that it belongs to."},
        },
    }
    asset = {**in_path("asset", "The file's name: `explorer`, or what the pages load."), "schema": TEXT}

    def open_door(name: str, summary: str, found: dict[str, Any], *refused: int) -> dict[str, Operation]:
        return {"get": operation(name, "Service", summary, "Needs no key.", answers={"200": found}, refused=refused)}

    asked = open_door("getDocsFile", "An explorer, and the files of the pages", answer("The file."), 404, 503)
    kinds = ("text/html", "text/css", "text/javascript")
    asked["get"]["responses"]["200"]["content"] = {kind: {"schema": TEXT} for kind in kinds}
    asked["get"]["parameters"] = [asset]
    metrics = operation(
        "getMetrics",
        "Service",
        "Counters and gauges",
        "In the text format of Prometheus.",
        scope="metrics:read",
        answers={"200": answer("The metrics.", TEXT, kind="text/plain")},
    )
    return {
        "/healthz": open_door("getHealth", "Whether the process lives", answer("It does.", status)),
        "/readyz": open_door("getReadiness", "Whether it can answer", answer("It can.", ready), 503),
        "/metrics": {"get": metrics},
        "/openapi.json": open_door("getOpenApi", "This document", answer("OpenAPI 3.1.", {"type": "object"}), 503),
        "/listino.js": {"get": _component()},
        "/docs": open_door("getDocs", "The reference as a page", answer("A page.", TEXT, kind="text/html"), 503),
        "/docs/{asset}": asked,
    }


def _component() -> Operation:
    kept = "What If-None-Match names still is the file."
    return operation(
        "getComponent",
        "Service",
        "The web component <listino-price>",
        "Needs no key.",
        answers={
            "200": answer("A script, which the pages of any store may load.", TEXT, OF_COMPONENT, "text/javascript"),
            "304": answer(kept, headers=OF_COMPONENT),
        },
        refused=(503,),
        parameters=[header("If-None-Match", "The ETag of the file that is at hand.")],
    )
