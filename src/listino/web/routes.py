"""The only list of routes: what is asked where, and which door answers."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from listino.core.facts import KINDS
from listino.web.doors import Doors
from listino.web.rest import health

PRICES = "/v1/prices"
ORDERS = "/v1/orders"
SOAP = "/soap"

Handler = Callable[[Request], Awaitable[Response]]
# Puts a handler behind the check of keys (or, guarded=False, before it), with every error translated. What tells of
# orders that were placed (limited=False) is kept out by no key's limit. The other one checks browsers' tokens.
Door = Callable[..., Handler]


class KindConvertor(StringConvertor):
    """A kind of facts, as a path names it."""

    regex = "|".join(KINDS)


class CodeConvertor(StringConvertor):
    """A code: slashes are part of it, and what no code may hold is for the door to refuse."""

    regex = "(?s:.*)"


register_url_convertor("kind", KindConvertor())
register_url_convertor("code", CodeConvertor())


def routes(doors: Doors, door: Door, me_door: Door) -> list[BaseRoute]:
    """Every route, in the order in which they are tried."""
    return [
        Route("/healthz", health.alive),
        Route("/readyz", door(doors.health.ready, guarded=False)),
        Route("/metrics", door(doors.health.metrics)),
        Route("/openapi.json", doors.docs.openapi),
        Route("/listino.js", doors.component.served),
        Route("/docs", doors.docs.page),
        Route("/docs/{asset:path}", doors.docs.asset),
        *_me(doors, me_door),
        Route(SOAP, doors.soap.asked, methods=["GET", "POST"]),
        Route(PRICES, door(doors.questions.batch), methods=["POST"]),
        Route("/v1/baskets", door(doors.questions.basket), methods=["POST"]),
        Route(ORDERS, door(doors.orders.taken, limited=False), methods=["POST"]),
        Route(ORDERS, door(doors.orders.listed), methods=["GET"]),
        Route("/v1/orders/{id}", door(doors.orders.one), methods=["GET"]),
        Route("/v1/customer-tokens", door(doors.browsers.tokens.mint), methods=["POST"]),
        Route("/v1/reconciliation", door(doors.reconciliation.shown)),
        Route("/v1/conservation", door(doors.orders.conservation)),
        Route("/v1/orders/{id}/steps", door(doors.desk.step), methods=["POST"]),
        Route("/v1/orders/events", door(doors.desk.event, limited=False), methods=["POST"]),
        Route("/v1/orders/{id}/events", door(doors.desk.event, limited=False), methods=["POST"]),
        Route("/v1/orders/{id}/events/settle", door(doors.desk.settle), methods=["POST"]),
        Route("/v1/orders/{id}/retry", door(doors.parking.retry), methods=["POST"]),
        Route("/v1/orders/{id}/drop", door(doors.parking.drop), methods=["POST"]),
        Route("/v1/orders/{id}/placed", door(doors.parking.placed), methods=["POST"]),
        Route("/v1/orders/{id}/release", door(doors.desk.release), methods=["POST"]),
        Route("/v1/changes", door(doors.facts.change), methods=["POST"]),
        Route("/v1/changes", door(doors.facts.log), methods=["GET"]),
        Route("/v1/what-if", door(doors.trials.what_if), methods=["POST"]),
        Route("/v1/customers/{code:code}/price-list", door(doors.price_lists.price_list)),
        Route("/v1/customers/{code:code}/price-changes", door(doors.price_changes.price_changes)),
        Route("/v1/price-mismatches", door(doors.mismatches.listed)),
        Route("/v1/stream", door(doors.live.keys.stream)),
        Route("/v1/unpriced", door(doors.questions.unpriced)),
        Route("/v1/requests", door(doors.requests.listed)),
        Route("/v1/mirror", door(doors.mirror.sources)),
        Route("/v1/webhooks", door(doors.webhooks.every), methods=["GET", "POST"]),
        Route("/v1/webhooks/stream", door(doors.listening.stream), methods=["GET"]),
        Route("/v1/webhooks/{id}", door(doors.webhooks.one), methods=["GET", "PUT", "DELETE"]),
        Route("/v1/webhooks/{id}/rotate", door(doors.webhooks.rotate), methods=["POST"]),
        Route("/v1/webhooks/{id}/replay", door(doors.webhooks.replay), methods=["POST"]),
        Route("/v1/webhooks/{id}/deliveries", door(doors.webhooks.deliveries), methods=["GET"]),
        Route("/v1/alerts", door(doors.webhooks.alerts)),
        Route("/v1/items", door(doors.catalogue.items), methods=["GET"]),
        Route("/v1/stock/{code:code}", door(doors.facts.stock), methods=["PUT", "GET"]),
        Route("/v1/{kind:kind}/{code:code}", door(doors.facts.fact), methods=["PUT", "GET", "DELETE"]),
        Route("/v1/{kind:kind}", door(doors.facts.facts), methods=["PUT", "GET", "DELETE"]),
    ]


def _me(doors: Doors, me_door: Door) -> list[BaseRoute]:
    """What a browser asks with its token."""
    return [
        Route("/v1/me/prices", me_door(doors.browsers.me.price), methods=["GET"]),
        Route("/v1/me/prices", me_door(doors.browsers.me.batch), methods=["POST"]),
        Route("/v1/me/prices/{item:code}", me_door(doors.browsers.me.price), methods=["GET"]),
        Route("/v1/me/basket", me_door(doors.browsers.me.basket), methods=["POST"]),
        Route("/v1/me/orders", me_door(doors.browsers.orders.listed), methods=["GET"]),
        Route("/v1/me/orders", me_door(doors.browsers.orders.placed), methods=["POST"]),
        Route("/v1/me/orders/{id}", me_door(doors.browsers.orders.one), methods=["GET"]),
        Route("/v1/me/stream", me_door(doors.live.browsers.stream, token_in_query=True), methods=["GET"]),
        Route("/v1/me", me_door(doors.browsers.me.who), methods=["GET"]),
        Route("/v1/me/items", me_door(doors.catalogue.mine), methods=["GET"]),
    ]


def methods_at(path: str, every: Iterable[BaseRoute]) -> list[str]:
    """The methods that some door answers at a path, those that are answered before the router among them."""
    found = {"GET", "HEAD"} if path == PRICES or path.startswith(PRICES + "/") else set()
    for route in every:
        if isinstance(route, Route) and route.path_regex.match(path):
            found |= route.methods or set()
    return sorted(found)
