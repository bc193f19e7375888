"""The OpenAPI 3.1 document, put together once."""

from copy import deepcopy
from functools import cache
from typing import Any

from listino import __version__
from listino.core.facts import KINDS
from listino.web.openapi import (
    baskets,
    browsers,
    desk,
    live,
    mirror,
    operations,
    orders,
    parking,
    requests,
    soap,
    streams,
    webhooks,
)
from listino.web.openapi.answered import all_schemas
from listino.web.openapi.catalogue import catalogue, priced
from listino.web.openapi.examples import known_examples, show, show_again
from listino.web.openapi.facts import facts, words_of
from listino.web.openapi.problem_examples import shown_problems
from listino.web.openapi.problems import responses
from listino.web.openapi.schemas import Schema

# Stands for the address of this installation until a request tells it.
ADDRESS = "http://address.invalid"
INTRODUCTION = (
    "Prices for every customer, with the steps that led to them, and orders that are taken once and for all.\n\n"
    "Decimals are text, instants RFC 3339, currencies ISO 4217, countries ISO 3166-1, units UN/ECE Recommendation 20. "
    "Refusals are problems (RFC 9457) with a stable `code` and, for each field that is wrong, the remedy. An unknown "
    "field or parameter is refused.\n\nThe same questions are answered by SOAP at `/soap`; that contract is "
    "`/soap?wsdl`."
)
TAGS = {
    "Prices": "What an item costs a customer now, and why.",
    "Browsers": "What a store's page asks for its visitor, with a token.",
    "Orders": "Orders that stores say were placed.",
    "Changes": "Many records at once, and the log of what changed.",
    "Stock": "How much there is.",
    "Webhooks": "Who is told of orders and prices as they change.",
    "SOAP": "The same by SOAP 1.1 and 1.2; the contract is a WSDL file.",
    "Service": "Whether it runs, what it counts, and this contract.",
}


@cache
def document() -> dict[str, Any]:
    """The document, with ADDRESS where the installation's own stands."""
    found = all_schemas()
    paths = _paths(found)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Listino",
            "version": __version__,
            "summary": "Prices for every customer, and orders into the management system.",
            "description": INTRODUCTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ADDRESS}],
        "security": [{"key": []}],
        "tags": [
            *({"name": name, "description": text} for name, text in TAGS.items()),
            *({"name": words_of(kind), "description": found[record.__name__]["description"]}
              for kind, record in KINDS.items()),
        ],
        "paths": paths,
        "components": {
            "schemas": found,
            "responses": responses(shown_problems()),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, made by `listino keys create`. Each operation names its scope.",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token for browsers, minted by the store's server with mintToken.",
                },
            },
        },
    }  # fmt: skip


def _paths(found: dict[str, Schema]) -> dict[str, Any]:
    told = {
        **operations.prices(),
        **baskets.baskets(),
        **browsers.browsers(),
        **streams.streams(),
        **live.live(),
        **operations.unpriced(),
        **requests.requests(),
        **orders.orders(),
        **desk.desk(),
        **parking.parking(),
        **webhooks.webhooks(),
        **operations.changes(),
        **operations.stock(),
        **priced(facts(found)),
        **catalogue(),
        **mirror.mirror(),
        **soap.soap(),
        **operations.service(),
    }
    # Operations share their parts; each is shown with an example of its own.
    paths = {path: {name: deepcopy(one) for name, one in methods.items()} for path, methods in told.items()}
    every = [operation for methods in paths.values() for operation in methods.values()]
    for operation in every:
        show(operation)
    known = known_examples(every)
    for operation in every:
        show_again(operation, known)
    return paths
