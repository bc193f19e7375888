"""The operation on baskets, and what it answers."""

from listino.web.openapi.basket_words import BASKETS
from listino.web.openapi.parts import Operation, answer, body, header, operation
from listino.web.openapi.schemas import Schema, named

Paths = dict[str, dict[str, Operation]]


def baskets() -> Paths:
    """Many lines together, and their promise."""
    asked = operation(
        "askBasket",
        "Prices",
        "Price a basket and get its quote",
        "1 to 1,000 lines that are bought together: quantities are added up where a rule says so, offers add goods, "
        "discounts on the order are shared out to the cent, and each rate of tax is rounded once. Nothing is used up "
        "by asking. The quote is a promise for a while: the order that brings it is charged exactly this. A line's "
        "error is that line's; the others are priced without it, and there is no quote.",
        scope="prices:read",
        answers={"200": answer("The lines, what the basket adds, and what it comes to.", named("Basket"))},
        refused=(404, 410, 413),
        sent=body(named("BasketAsk"), "The context and the lines."),
        parameters=[header("Accept-Language", "The language of labels; its first tag counts.")],
    )
    return {"/v1/baskets": {"post": asked}}


def basket_schemas(found: dict[str, Schema], moment: dict[str, Schema], line: dict[str, Schema]) -> dict[str, Schema]:
    """The answer to a basket: lines as prices with their shares, then what stands beside them."""
    parts, price = found.pop("BasketParts"), found["PriceAnswer"]
    own = {field: {**price["properties"][field], "description": BASKETS[f"BasketLine.{field}"]}
           for field in ("net", "tax", "gross", "discount", "discount_price", "discount_percent")}  # fmt: skip
    shares = {"type": "array", "items": named("ShareLine"), "description": BASKETS["BasketLine.shares"]}
    priced: Schema = {
        "type": "object",
        "description": "A line's price, with what the basket makes of it.",
        "properties": {"id": line["id"], **price["properties"], **own, "shares": shares},
        "required": [*price["required"], "shares"],
    }
    failed: Schema = {"type": "object", "description": "A line's problem.", "properties": line, "required": ["error"]}
    lines = {"type": "array", "items": named("BasketLine"), "description": "One answer for each line, in order."}
    return {
        "BasketLine": {
            "description": "A line of a basket, or the problem that this line alone has.",
            "anyOf": [priced, failed],
        },
        "Basket": {
            "type": "object",
            "description": "A basket with what it comes to, and its quote.",
            "properties": {"lines": lines, **parts["properties"], **moment},
            "required": ["lines", *parts["required"], *(field for field in moment if field != "usage_as_of")],
        },
    }
