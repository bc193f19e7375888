"""The operations on an asker's catalogue: what it can buy, at its prices."""

from typing import Any

from listino.flows.catalogue_order import SORTS
from listino.web.openapi.browsers import KEPT, LANGUAGE, UNLESS, asked_by_browser
from listino.web.openapi.parts import CURRENCY, Parameter, Paths, answer, page, query
from listino.web.openapi.schemas import CODE, DECIMAL, REVISION, TEXT, Schema, named
from listino.web.openapi.words import meaning_of
from listino.web.rest.catalogue_reading import ROWS_DEFAULT, ROWS_MAX

AMOUNT: Schema = {"type": "string", "pattern": DECIMAL}
_WITH = "With `priced_for`: "
_NOT_THERE = (
    "What is not active, outside the assortment, in a hidden list or without any price for who asks is not there. A "
    "price on request has no amount, and stands behind all that have one, as does what is sold by larger quantities."
)
_AS_OF = (
    "The order is that of the very prices that are shown. All pages of a list are answered as of the revision and the "
    "moment of the first, for an hour; `page_gone` says to begin again. Where prices are asked live of the management "
    "system, nothing goes by price (`prices_asked_live`), and each page is one of now."
)


def catalogue() -> Paths:
    """What a browser asks of its catalogue."""
    found = {
        "200": answer("A page of items, each with its price.", named("MyCatalogue"), KEPT),
        "304": answer("What If-None-Match names still is the answer.", headers=KEPT),
    }
    mine = asked_by_browser(
        "listMyItems",
        "Look through the catalogue",
        f"What can be bought, searched, filtered and sorted by one's own price. {_NOT_THERE} {_AS_OF} Of a group or "
        "brand that does not exist the page is empty. Where nothing is left of the token's budget of items, every page "
        "is refused (`item_budget`).",
        answers=found,
        refused=(404, 409, 410),
        parameters=[*looked_by(""), _limit(), query("after", TEXT, "`next` of the page before."), LANGUAGE, UNLESS],
    )
    return {"/v1/me/items": {"get": mine}}


def priced(paths: Paths) -> Paths:
    """The operations on facts, where the list of items can be asked at a customer's prices too."""
    items = paths["/v1/items"]["get"]
    items["description"] += (
        " With `priced_for`, which needs the scope prices:read too, it is the catalogue of a customer, at its prices, "
        f"and the other parameters are those that say so. {_NOT_THERE} {_AS_OF}"
    )
    items["parameters"] = [
        query("priced_for", CODE, "Code of the customer whose catalogue it is to be; `*` for the guest of a channel."),
        query("channel", CODE, _WITH + "code of the channel; the key's where none is named."),
        query("currency", CURRENCY, _WITH + "currency of the prices (ISO 4217); the customer's where none is named."),
        *looked_by(_WITH),
        *items["parameters"],
        LANGUAGE,
    ]
    items["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"].append(named("Catalogue"))
    items["responses"] |= {"409": {"$ref": "#/components/responses/Conflict"}}
    items["responses"] = dict(sorted(items["responses"].items()))
    return paths


def looked_by(start: str) -> list[Parameter]:
    """By what a catalogue is searched, filtered and sorted; every description begins with `start`."""
    per_one = "per one of an item's own unit, as the channel shows prices"
    return [
        query("q", {"type": "string", "maxLength": 200},
              f"{start}words that must all stand in an item's code, its names in whichever language, its GTIN or its "
              "brand, in whatever case and with or without accents; at most 10."),
        query("item_group", CODE, f"{start}only items of this group, and of all groups below it."),
        query("brand", CODE, f"{start}only items of this brand."),
        query("price_min", AMOUNT, f"{start}the lowest price, {per_one}."),
        query("price_max", AMOUNT, f"{start}the highest price, {per_one}."),
        query("in_stock", {"type": "boolean", "default": False},
              f"{start}only what some warehouse has and nobody is promised; what nobody counts is left out."),
        query("sort", {"type": "string", "enum": list(SORTS), "default": "code"},
              f"{start}the order; with a minus sign the other way round. What is equal stands by code."),
    ]  # fmt: skip


def _limit() -> Parameter:
    schema: Schema = {"type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": ROWS_DEFAULT}
    return query("limit", schema, "How many at most.")


def catalogue_schemas(found: dict[str, Schema], moment: dict[str, Any]) -> dict[str, Schema]:
    """The rows of a catalogue and its pages, as a key is told them and as a browser is."""
    line = found.pop("CatalogueLine")
    beside = {name: line["properties"][name] for name in ("brand", "item_groups", "stock")}
    head = {
        "total": {
            **REVISION,
            "type": ["integer", "null"],
            "description": "How many items the whole list has; null: not counted yet, as it is long and not by price.",
        },
        "shows": {
            "type": "string",
            "enum": ["net", "gross", "both"],
            "description": meaning_of("BrowserPrice", "shows"),
        },
    }
    mine = {**head, **{name: moment[name] for name in ("at", "revision", "epoch")}}
    as_told = {**found["PriceAnswer"]["properties"], "name": line["properties"]["name"]}
    return {
        "CatalogueItem": {
            "type": "object",
            "description": "An item with its price for whom it was asked.",
            "properties": {**as_told, **beside},
            "required": [*found["PriceAnswer"]["required"], "name", *beside],
        },
        "MyCatalogueItem": {
            "type": "object",
            "description": "An item with its price, as a browser is told it.",
            "properties": {**found["BrowserPrice"]["properties"], **beside},
            "required": [*found["BrowserPrice"]["required"], *beside],
        },
        "Catalogue": _page("CatalogueItem", {**head, **moment}) | {"description": "A page of a customer's catalogue."},
        "MyCatalogue": _page("MyCatalogueItem", mine) | {"description": "A page of the catalogue of whoever asks."},
    }


def _page(item: str, more: dict[str, Schema]) -> Schema:
    return page(named(item), "The items of this page, in order.", **more)
