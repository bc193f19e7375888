"""The operations of browsers, and of the store's server that mints their tokens."""

from typing import Any

from listino.web.openapi.parts import (
    AFTER,
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
    query,
)
from listino.web.openapi.schemas import CODE, DECIMAL, TEXT, Schema, named
from listino.web.openapi.words import meaning_of
from listino.web.rest.me_orders import REQUIRED, SAID, SAID_OF_LINE

TAG = "Browsers"
ORDER_LINES_MAX = 200
LANGUAGE = header("Accept-Language", "The language of names, where the token names none; its first tag counts.")
UNLESS = header("If-None-Match", "The ETag of an answer that is at hand; 304 when it still is the answer.")
KEPT = {
    "ETag": {"description": "The digest of what the answer says, for If-None-Match.", "schema": TEXT},
    "Cache-Control": {"description": "Anybody may keep a guest's answer; a customer's nobody.", "schema": TEXT},
}


def browsers() -> Paths:
    """All that a browser asks, and how it gets its token."""
    return {"/v1/customer-tokens": {"post": _mint()}, "/v1/me": {"get": _who()}, **_prices(), **_baskets(), **_orders()}


def asked_by_browser(name: str, summary: str, description: str, **more: Any) -> Operation:
    """An operation that a browser asks with its token."""
    said = f"{description} Needs a token for browsers; for whom it asks is never a parameter."
    return operation(name, TAG, summary, said, with_token=True, **more)


def _mint() -> Operation:
    return operation(
        "mintToken",
        TAG,
        "Mint a token for a browser",
        "For one customer, or, where none is named, for all guests of a channel. Your server asks this after a sign-in "
        "and writes the token into the page. It ends by its hour, with the key that minted it, with its customer, "
        "and with a database that is restored from a copy.",
        scope="tokens:create",
        answers={"201": answer("The token.", named("TokenAnswer"))},
        refused=(404, 413),
        sent=body(named("TokenAsk"), "For whom, from which pages, for how long."),
    )


def _who() -> Operation:
    return asked_by_browser(
        "getMe",
        "Ask who the token is for",
        "Who asks, and how prices are to be shown.",
        answers={"200": answer("Who asks.", named("Asker"))},
        parameters=[LANGUAGE],
    )


def _prices() -> Paths:
    item = in_path("item", "Code of the item.")
    in_query = query("item", CODE, "Code of the item, where it does not fit in a path.", required=True)
    same = (
        "An item that there is not, one that is not active, one outside the assortment and one in a hidden list are "
        "answered alike: 404, after the same time."
    )
    batch = asked_by_browser(
        "askMyPrices",
        "Ask the prices of many lines",
        f"1 to 200 lines, each priced by itself; a line's error is that line's. {same}",
        answers={"200": answer("One answer for each line, in order.", named("BrowserBatch"))},
        refused=(413, 429),
        sent=body(named("BrowserAsk"), "The lines."),
        parameters=[LANGUAGE],
    )
    return {
        "/v1/me/prices/{item}": {"get": _price("getMyPrice", "Ask the price of an item", same, item)},
        "/v1/me/prices/{item}/ladder": {
            "get": _price("getMyLadder", "Ask all quantity breaks of an item", "With `ladder`. " + same, item)
        },
        "/v1/me/prices": {
            "get": _price("getMyPriceByQuery", "Ask a price, with the item in the query", same, in_query),
            "post": batch,
        },
    }


def _baskets() -> Paths:
    asked = asked_by_browser(
        "askMyBasket",
        "Price a basket and get its quote",
        "1 to 200 lines that are bought together. The quote is a promise for a while and tells the page nothing: the "
        "order that brings it, from your server or with this token, is charged exactly this. What is on request or not "
        "there stands in no total, and then there is no quote.",
        answers={"200": answer("The lines, what the basket adds, and what it comes to.", named("BrowserBasket"))},
        refused=(413, 429),
        sent=body(named("BrowserBasketAsk"), "The lines."),
        parameters=[LANGUAGE],
    )
    return {"/v1/me/basket": {"post": asked}}


def _orders() -> Paths:
    after = {**AFTER, "schema": {"type": "string", "pattern": "^[0-9a-f]{28}$"}}
    listed = asked_by_browser(
        "listMyOrders",
        "List the customer's orders",
        "Wherever they were placed, the newest first. A guest has none: 403 `customer_needed`. Only with a token whose "
        "key has `orders:read`, or that was minted with `orders`: else 403 `orders_not_allowed`.",
        answers={"200": answer("A page of orders.", page(named("MyOrder"), "The orders, the newest first."))},
        parameters=[LIMIT, after],
    )
    placed = asked_by_browser(
        "placeMyOrder",
        "Place an order by the quote of a basket",
        "Only with a token that was minted with `orders`. The order is charged what the quote says, and can be sent "
        "again: a quote is ordered once. It comes in the name of the key that minted the token.",
        answers={"201": answer("The order; a repeat is answered as it stands.", named("MyOrder"))},
        refused=(409, 413, 422),
        sent=body(named("MyOrderAsk"), "The quote, its lines, and where they go."),
    )
    one = asked_by_browser(
        "getMyOrder",
        "Read one of the customer's orders",
        "An order that there is not and one of another customer are answered alike, after the same time.",
        answers={"200": answer("The order.", named("MyOrder"))},
        refused=(404,),
        parameters=[in_path("id", "The order's `id`.")],
    )
    return {"/v1/me/orders": {"get": listed, "post": placed}, "/v1/me/orders/{id}": {"get": one}}


def _price(name: str, summary: str, description: str, item: Parameter) -> Operation:
    return asked_by_browser(
        name,
        summary,
        description,
        answers={
            "200": answer("The price; or, with `outcome` no_price, that there is none.", named("MyPrice"), KEPT),
            "304": answer("What If-None-Match names still is the answer.", headers=KEPT),
        },
        refused=(404, 429),
        parameters=[
            item,
            query("quantity", {"type": "string", "pattern": DECIMAL, "default": "1"}, "How many of `unit`; above 0."),
            query("unit", CODE, "Unit of the quantity (UN/ECE Recommendation 20); the item's own without."),
            query("ladder", {"type": "boolean", "default": False}, "Whether to list every quantity break."),
            LANGUAGE,
            UNLESS,
        ],
    )


def browser_schemas(found: dict[str, Schema], line: dict[str, Schema], moment: dict[str, Schema]) -> dict[str, Schema]:
    """Answers to browsers: a price with its moment, and many."""
    price = found["BrowserPrice"]
    head = {
        "shows": {
            "enum": ["net", "gross", "both"],
            "type": "string",
            "description": meaning_of("BrowserPrice", "shows"),
        },
        **{name: moment[name] for name in ("at", "revision", "epoch")},
    }
    lines = {"type": "array", "items": named("BrowserBatchLine"), "description": "One answer for each line, in order."}
    beside = found.pop("BrowserBasketParts")
    made: dict[str, Schema] = {
        "BrowserBasket": {
            "type": "object",
            "description": "A basket as a browser is told it, and its quote.",
            "properties": {"lines": lines, **beside["properties"], **head},
            "required": ["lines", *beside["required"], *head],
        },
        "MyPrice": {
            "type": "object",
            "description": "A price as a browser is told it, with the moment and the revision it holds for.",
            "properties": {**price["properties"], **head},
            "required": [*price["required"], *head],
        },
        "BrowserBatchLine": {
            "description": "A line's price, or the problem that this line alone has.",
            "anyOf": [
                {**price, "properties": {"id": line["id"], **price["properties"]}},
                {"type": "object", "description": "A line's problem.", "properties": line, "required": ["error"]},
            ],
        },
        "BrowserBatch": {
            "type": "object",
            "description": "The answers to a browser's lines; all belong to one revision.",
            "properties": {"lines": lines, **head},
            "required": ["lines", *head],
        },
    }
    return made | _order_asks(found)


def _order_asks(found: dict[str, Schema]) -> dict[str, Schema]:
    """What a page says of an order: some of what a store's server does."""
    order, order_line = found["Order"]["properties"], found["OrderLine"]["properties"]
    asked_lines = {"type": "array", "minItems": 1, "maxItems": ORDER_LINES_MAX, "items": named("MyOrderAskLine")}
    lines: Schema = {**asked_lines, "description": "The lines of the quote, in any order."}
    quote: Schema = {**TEXT, "description": "The quote of the basket, as askMyBasket answered it."}
    said: dict[str, Schema] = {name: order[name] for name in sorted(SAID)}
    return {
        "MyOrderAskLine": {
            "type": "object",
            "description": "A line of an order that a page places, as its quote has it.",
            "properties": {name: order_line[name] for name in sorted(SAID_OF_LINE)},
            "required": ["item", "quantity"],
            "additionalProperties": False,
        },
        "MyOrderAsk": {
            "type": "object",
            "description": "An order that a page places: what is charged and for whom is not for it to say.",
            "properties": said | {"quote": quote, "lines": lines},
            "required": list(REQUIRED),
            "additionalProperties": False,
        },
    }
