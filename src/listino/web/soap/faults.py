"""What went wrong, as a fault: the problem that REST answers, in the detail of SOAP 1.1 or 1.2."""

import re
from collections.abc import MutableMapping
from typing import Any

import msgspec

from listino.core.errors import Unavailable
from listino.web.faults import REQUEST_ID, Answer, problem_of, retry_after_s
from listino.web.messages import Problem
from listino.web.soap.answers import ErrorTold, ProblemTold
from listino.web.soap.envelope import V11, NotUnderstood, Version, WrongVersion, version_of
from listino.web.soap.reading import content_type
from listino.web.soap.table import MEMBERS, camel
from listino.web.soap.writing import HEAD, escaped, written

_STEP = re.compile(r"([A-Za-z_0-9]+)(?:\[([0-9]+)\])?")
# What REST calls by a name of HTTP's own.
ELSEWHERE = {"Idempotency-Key": "request/key"}
# Faults that stand in headers of SOAP 1.1 have no detail.
HEADERS = (NotUnderstood, WrongVersion)


def fault_of(error: Exception, version: Version) -> tuple[int, bytes, dict[str, str]]:
    """An error as status, body and headers.

    SOAP 1.1 faults are always 500, as clients read them with no other status; those of 1.2 say whose fault it
    was. Who does not say who it is, and who sends what we do not read, is told by the status as well.
    """
    problem = problem_of(error)
    told = problem_told(problem, retry_after_s(error))
    ours = problem.status >= 500
    status = 500 if version is V11 or ours or isinstance(error, HEADERS) else 400
    headers: dict[str, str] = {}
    if problem.status == 401:
        status, headers = 401, {"www-authenticate": 'Basic realm="listino"'}
    elif problem.code == "unsupported_media_type":
        status = 415
    detail = "" if isinstance(error, HEADERS) else written("Problem", told, "Problem")
    body = _fault_11(error, told, detail) if version is V11 else _fault_12(error, told, detail)
    return status, body.encode(), headers


def turned_away(scope: MutableMapping[str, Any], answer: Answer) -> Answer:
    """What REST answers to a request that is turned away before it is read, as a fault of the version of its type."""
    _, told, headers = answer
    problem = msgspec.json.decode(told, type=Problem)
    retry_in_s = int(dict(headers)[b"retry-after"])
    said = content_type(dict(scope["headers"]).get(b"content-type", b"").decode("latin-1"))
    version = version_of(said)
    status, body, _ = fault_of(Unavailable(problem.detail, retry_in_s, problem.code), version)
    kind, length = version.content_type.encode(), str(len(body)).encode()
    own = [(b"content-type", kind), (b"content-length", length), (b"cache-control", b"no-store")]
    return status, body, [*own, (REQUEST_ID, dict(headers)[REQUEST_ID])]


def _fault_11(error: Exception, told: ProblemTold, detail: str) -> str:
    code = _code(error, told, ("Client", "Server"))
    inner = f"<detail>{detail}</detail>" if detail else ""
    return (
        f'{HEAD}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultcode>s:{code}</faultcode><faultstring>{escaped(told.text)}</faultstring>{inner}"
        "</s:Fault></s:Body></s:Envelope>"
    )


def _fault_12(error: Exception, told: ProblemTold, detail: str) -> str:
    code = _code(error, told, ("Sender", "Receiver"))
    inner = f"<s:Detail>{detail}</s:Detail>" if detail else ""
    return (
        f'{HEAD}<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>'
        f"<s:Code><s:Value>s:{code}</s:Value></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escaped(told.text)}</s:Text></s:Reason>{inner}'
        "</s:Fault></s:Body></s:Envelope>"
    )


def _code(error: Exception, told: ProblemTold, words: tuple[str, str]) -> str:
    if isinstance(error, NotUnderstood):
        return "MustUnderstand"
    if isinstance(error, WrongVersion):
        return "VersionMismatch"
    return words[told.ours]


def problem_told(problem: Problem, retry_after: int | None = None, at: str = "") -> ProblemTold:
    """A problem in SOAP's words; its fields by their paths in the request. `at` is the line that has it."""
    errors = [
        ErrorTold(one.code, one.text, path_of(_placed(one.field, at)) or None, one.remedy or None)
        for one in problem.errors
    ]
    first = errors[0] if errors else ErrorTold(problem.code, problem.detail, None, None)
    return ProblemTold(
        problem.code, problem.detail, first.field, first.remedy, problem.incident, retry_after,
        errors if len(errors) > 1 else None, ours=problem.status >= 500,
    )  # fmt: skip


def _placed(field: str, at: str) -> str:
    """A field of a line's problem, which REST names from the line or from the request."""
    if not at or field.startswith(at):
        return field
    return at if at.startswith("items") else f"{at}.{field}"


def path_of(field: str) -> str:
    """Where a field of REST's messages stands in a request: lines[0].net_price is request/lines/line[1]/netPrice."""
    if "/" in field or not field:
        return field
    if field in ELSEWHERE:
        return ELSEWHERE[field]
    steps = field.split(".")
    found = [_STEP.fullmatch(step) for step in steps]
    if not steps[0].islower() or steps[0] in {"body", "authorization", "path", "query"} or None in found:
        return field
    path = ["request"]
    for match in found:
        name, place = match.groups() if match is not None else ("", None)
        path.append(camel(name))
        if place is not None:
            path.append(f"{MEMBERS.get(name, 'entry')}[{int(place) + 1}]")
    return "/".join(path)
