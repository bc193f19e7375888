"""What a handler reads of a request beside its body, and what it gives back: JSON, refusals, failures."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Fault, NotFound, Refused, malformed
from listino.web.faults import answer_to
from listino.web.reading import is_number

JSON = "application/json"
# What may be said of one record in the query, by method.
OF_ONE_FACT = {"GET": frozenset(["known_at"]), "PUT": frozenset(["confirm"])}


def based_on(request: Request) -> int | None:
    """The revision that an If-Match header names.

    Errors:  Malformed.
    """
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not is_number(text):
        raise malformed("If-Match", "not_a_revision", f"{header!r} is not a revision.", "Send the ETag that GET gave.")
    return int(text)


def is_confirmed(said: dict[str, str]) -> bool:
    """Whether a person has confirmed what the request changes.

    Errors:  Malformed.
    """
    text = said.get("confirm", "false")
    if text not in {"true", "false"}:
        raise malformed("confirm", "not_a_choice", f"confirm cannot be {text!r}.", "Send true, or leave it out.")
    return text == "true"


def as_json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A body of JSON as a response that nobody else keeps."""
    return Response(body, status, {"cache-control": "private, no-store"} | (headers or {}), JSON)


def refused(error: Exception) -> Response:
    """An error as a response."""
    status, body, headers = answer_to(error)
    response = Response(body, status)
    response.raw_headers.extend(headers)
    return response


async def failed(request: Request, error: Exception) -> Response:
    """What no door has answered: a path or a method that there is not, or a failure of ours."""
    if isinstance(error, HTTPException):
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
        text = f"{error.detail}: {request.method} {request.url.path}."
        fault = Fault("path", code, text, "See /docs for the routes and their methods.")
        kind = NotFound if error.status_code == 404 else Refused
        response = refused(kind(code, text, (fault,)))
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response
    return refused(error)
