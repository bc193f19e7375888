"""What went wrong, as the answer that tells the caller: the one place where errors are translated."""

import secrets
from collections.abc import Mapping

import msgspec
import structlog

from listino.core.errors import (
    Conflict,
    DifferentContent,
    Fault,
    Gone,
    Malformed,
    NotAllowed,
    NotFound,
    Refused,
    TooOften,
    Unavailable,
)
from listino.core.findings import ToConfirm
from listino.web.messages import FaultLine, Problem
from listino.web.notices import notice_lines

log = structlog.get_logger()

STATUS_OF: Mapping[type[Refused], int] = {
    Malformed: 400,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    ToConfirm: 409,
    Gone: 410,
    DifferentContent: 422,
    TooOften: 429,
}
# Refusals whose status is more telling than that of their kind.
STATUS_OF_CODE = {
    "unauthenticated": 401,
    "token_expired": 401,
    "token_ended": 401,
    "too_large": 413,
    "method_not_allowed": 405,
    "in_progress": 409,
}
TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    409: "Conflict", 410: "Gone", 413: "Too large", 422: "Different content",
    429: "Too many requests", 500: "Internal error", 503: "Not available now",
}  # fmt: skip

Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]
_encode = msgspec.json.Encoder().encode
# What an answer is called: by a caller who asks us about it, and in the log of its key's requests.
REQUEST_ID = b"x-request-id"
# Of whatever failed on our side.
INTERNAL = "internal"
PROBLEM = (b"content-type", b"application/problem+json")


def status_of(error: Exception) -> int:
    """The HTTP status of an error."""
    if isinstance(error, Unavailable):
        return 503
    if isinstance(error, Refused):
        return STATUS_OF_CODE.get(error.code) or STATUS_OF.get(type(error), 400)
    return 500


def code_of(error: Exception) -> str:
    """The stable code of an error."""
    return error.code if isinstance(error, Refused | Unavailable) else INTERNAL


def problem_of(error: Exception) -> Problem:
    """An error as a problem document; one of ours gets an incident number and goes to the log."""
    status = status_of(error)
    if isinstance(error, Refused):
        problem = _problem(status, error.code, error.detail, error.faults)
        problem.to_confirm = notice_lines(error.findings) if isinstance(error, ToConfirm) else []
        return problem
    if isinstance(error, Unavailable):
        return _problem(status, error.code, error.detail, ())
    incident = secrets.token_hex(6)
    log.error("incident", incident=incident, exc_info=error)
    problem = _problem(status, INTERNAL, f"Something failed on our side; the incident is {incident}.", ())
    problem.incident = incident
    return problem


def _problem(status: int, code: str, detail: str, faults: tuple[Fault, ...]) -> Problem:
    lines = [FaultLine(fault.field, fault.code, fault.text, fault.remedy) for fault in faults]
    return Problem(f"urn:listino:problem:{code}", TITLES.get(status, "Refused"), status, code, detail, lines)


def retry_after_s(error: Exception) -> int | None:
    """In how many seconds to ask again, where time will mend it."""
    if isinstance(error, Unavailable | TooOften):
        return error.retry_in_s
    return 1 if isinstance(error, Refused) and error.code == "in_progress" else None


def new_request_id() -> str:
    """A name for an answer."""
    return f"req_{secrets.token_hex(8)}"


def answer_to(error: Exception) -> Answer:
    """An error as status, body and headers, one of which names the answer."""
    problem = problem_of(error)
    headers = [PROBLEM, (b"cache-control", b"no-store"), (REQUEST_ID, new_request_id().encode())]
    retry_in_s = retry_after_s(error)
    if retry_in_s is not None:
        headers.append((b"retry-after", str(retry_in_s).encode()))
    elif problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="listino"'))
    return problem.status, _encode(problem), headers
