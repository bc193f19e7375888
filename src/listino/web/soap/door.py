"""The SOAP door: a message comes in, its operation answers, or a fault does; and the contract for whoever asks."""

import re
from time import perf_counter_ns

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Fault, NotFound, malformed
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.web.auth import INVALID, Guard
from listino.web.faults import code_of
from listino.web.limits import Limits
from listino.web.metrics import Metrics
from listino.web.proxy import root_of
from listino.web.request_log import KEY, RequestLog
from listino.web.rest.price_requests import language_asked
from listino.web.roads import Roads
from listino.web.soap.credentials import secret_of, unauthenticated
from listino.web.soap.envelope import V11, Envelope, Version, check_understood, opened, version_of
from listino.web.soap.faults import fault_of
from listino.web.soap.operations import Caller, Operation, Operations
from listino.web.soap.reading import ContentType, content_type, content_type_of, element_of
from listino.web.soap.table import NAMESPACE
from listino.web.soap.writing import HEAD
from listino.web.soap.wsdl import served

_SEPARATORS = re.compile(r"[:#/]")
TYPES = {V11.name: "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
# Where a request's scope tells which operation it asks, as it stands behind the path in the log of requests.
OPERATION = "listino.operation"
HINT = """Listino answers SOAP 1.1 and 1.2 here, by POST.

The contract:  {root}/soap?wsdl  (?wsdl=1.1 or ?wsdl=1.2 for one version alone)
Credentials:   HTTP Basic or a WS-Security UsernameToken (any user name; the password, as text: the API key), or Bearer.
REST:          {root}/docs
"""


class SoapDoor:
    """Everything that is asked of /soap."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        operations: Operations,
        *,
        roads: Roads,
        limits: Limits,
        metrics: Metrics,
        log: RequestLog,
    ) -> None:
        self._database, self._guard, self._operations = database, guard, operations
        self._roads, self._limits, self._metrics, self._log = roads, limits, metrics, log

    async def asked(self, request: Request) -> Response:
        """A message, or who wants the contract."""
        if request.method == "POST":
            return await self._message(request)
        asked = {name.lower(): value for name, value in request.query_params.items()}
        if "wsdl" in asked or "singlewsdl" in asked:
            body = served(root_of(request), asked.get("wsdl"))
            return Response(body, 200, {"cache-control": "no-cache"}, "text/xml; charset=utf-8")
        return Response(HINT.format(root=root_of(request)), 200, media_type="text/plain")

    async def _message(self, request: Request) -> Response:
        began_ns = perf_counter_ns()
        version, status, headers = V11, 200, {"cache-control": "private, no-store"}
        code: str | None = None
        try:
            version = version_of(content_type(request.headers.get("content-type", "")))
            said = content_type_of(request)
            envelope = opened(await element_of(request, said, self._roads.in_thread), said)
            version = envelope.version
            body = _enveloped(version, await self._answered(request, said, envelope))
        except Exception as error:
            status, body, more = fault_of(error, version)
            headers |= more
            code = code_of(error)
        self._metrics.count(self._metrics.OTHERS, status)
        headers["content-type"] = TYPES[version.name]
        response = Response(body, status, headers)
        self._log.answered(request, response, began_ns, operation=request.scope.get(OPERATION, ""), code=code)
        return response

    async def _answered(self, request: Request, said: ContentType, envelope: Envelope) -> str:
        secret = secret_of(request, envelope.headers)
        key: ApiKey = await self._roads.in_a_moment(self._key, secret)
        request.scope[KEY] = key.id
        check_understood(envelope)
        operation = self._operations.by_tag.get(envelope.asked.tag)
        if operation is None:
            raise _unknown(envelope.asked.tag)
        request.scope[OPERATION] = f"#{operation.name}"
        for action in (request.headers.get("soapaction"), said.action):
            _check_action(action, operation)
        if operation.limited and key.limit is not None:
            self._limits.check(key)
        return await operation.run(operation.read(envelope.asked), Caller(key, language_asked(request)))

    def _key(self, secret: bytes) -> ApiKey:
        key = self._guard.opened_by(secret, self._database.read())
        if key is None:
            raise unauthenticated(INVALID)
        return key


def _check_action(action: str | None, operation: Operation) -> None:
    """Refuse an action that names another operation than the body does; none, or an empty one, says nothing.

    Errors:  Malformed.
    """
    text = (action or "").strip().strip('"').strip()
    if text and _SEPARATORS.split(text)[-1] != operation.name:
        told = f"The action {text[:80]!r} is not that of {operation.name}, which the body asks."
        remedy = f"Send {NAMESPACE}:{operation.name}, or none."
        raise malformed("SOAPAction", "action_differs", told, remedy)


def _unknown(tag: str) -> NotFound:
    text = f"There is no operation {tag.rpartition('}')[2][:80]!r} in {NAMESPACE}."
    return NotFound("unknown_operation", text, (Fault("Body", "unknown_operation", text, "Read /soap?wsdl."),))


def _enveloped(version: Version, body: str) -> bytes:
    return (f'{HEAD}<s:Envelope xmlns:s="{version.namespace}"><s:Body>{body}</s:Body></s:Envelope>').encode()
