"""One example at least of every status of a refusal: those of the story, and those that no story can bring about."""

from collections.abc import Iterator
from typing import Any

import msgspec

from listino.core.errors import Fault, Gone, NotAllowed, Refused, TooOften, Unavailable
from listino.web.faults import TITLES, problem_of
from listino.web.openapi.examples import examples
from listino.web.reading import BODY_BYTES_MAX, too_large


def shown_problems() -> dict[int, dict[str, Any]]:
    """Problems by status and code."""
    shown: dict[int, dict[str, Any]] = {}
    for problem in (*_told(), *_untold()):
        shown.setdefault(problem["status"], {}).setdefault(problem["code"], problem)
    return shown


def _told() -> Iterator[dict[str, Any]]:
    for example in examples():
        if example.status >= 400 and example.answer is not None:
            yield example.answer


def _untold() -> Iterator[dict[str, Any]]:
    for error in _errors():
        yield msgspec.to_builtins(problem_of(error))
    yield {
        "type": "urn:listino:problem:internal",
        "title": TITLES[500],
        "status": 500,
        "code": "internal",
        "detail": "Something failed on our side; the incident is 5f2c9e1a7b3d.",
        "incident": "5f2c9e1a7b3d",
    }


def _errors() -> Iterator[Refused | Unavailable]:
    scope = "The key 'my-store' does not have the scope orders:create."
    yield NotAllowed("scope_missing", scope, (
        Fault("authorization", "scope_missing", scope, "Use a key with orders:create."),
    ))  # fmt: skip
    method = "Method Not Allowed: PUT /v1/orders."
    yield Refused("method_not_allowed", method, (
        Fault("path", "method_not_allowed", method, "See /docs for the routes and their methods."),
    ))  # fmt: skip
    gone = "What was known at revision 7 is no longer kept; history begins at 1200."
    yield Gone("history_gone", gone, (Fault("known_at", "history_gone", gone, "Ask for a later revision."),))
    yield too_large(BODY_BYTES_MAX)
    often = "The key 'my-store' may ask 20 times a second, and 40 at once."
    yield TooOften("rate_limited", often, (Fault("authorization", "rate_limited", often, "Ask again later."),), 1)
    yield Unavailable("The database was busy for too long.", code="busy")
