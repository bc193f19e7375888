"""HTTP to the outside: one request, its whole answer by a deadline, and what a failure says about the other side."""

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

import structlog
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from listino.core.addresses import Network, is_allowed, may_be_called
from listino.core.errors import OutcomeUnknown, Unavailable
from listino.core.scrub import SCRUBBED, scrubbed_headers, scrubbed_text
from listino.ports import HttpAnswer, HttpRequest

ANSWER_BYTES_MAX = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
ADDRESSES_MAX = 8
RESOLVED_WITHIN_S = 3.0
TRANSCRIPT_EXCHANGES_MAX = 50
TRANSCRIPT_CHARACTERS_MAX = 4_000
_PORTS = {"http": 80, "https": 443}
Address = tuple[socket.AddressFamily, tuple[Any, ...]]
_FAILURES = (OSError, HTTPError, HTTPException)
_log = structlog.get_logger("listino.http")


@dataclass(frozen=True, slots=True)
class Policy:
    """Where requests may go, and how answers are bounded.

    Shapes:  company_network: the operator named the targets, so any address and plain http will do; else only
             public addresses by https, and whatever lies in `networks`. ca_file: authorities trusted beside the
             system's. secrets: values that the transcript never holds, wherever they stand.
    """

    company_network: bool = False
    networks: tuple[Network, ...] = ()
    ca_file: str | None = None
    answer_bytes_max: int = ANSWER_BYTES_MAX
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it, without secrets, for diagnosis; kept in memory alone, as it may name people."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    answer_headers: dict[str, str]
    answer_body: str
    failure: str | None
    took_ms: int


@dataclass(slots=True)
class _Watch:
    """Ends a connection at its deadline, whatever it is at: no drip of bytes prolongs it."""

    handle: socket.socket
    late: str | None = None
    timer: Timer = field(init=False)

    def start(self, left_s: float) -> None:
        self.timer = Timer(left_s, self._fire)
        self.timer.daemon = True
        self.timer.start()

    def _fire(self) -> None:
        self.late = "The deadline is over."
        try:
            self.handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # It has ended by itself.


class HttpClient:
    """The one way to the network: implements `ports.Http`.

    Every request has a connection of its own. On a kept one that the other side closed meanwhile, nobody could
    tell whether the request was read.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._tls = ssl.create_default_context()
        if policy.ca_file is not None:
            self._tls.load_verify_locations(policy.ca_file)
        self.transcript: deque[Exchange] = deque(maxlen=TRANSCRIPT_EXCHANGES_MAX)

    def send(self, request: HttpRequest, deadline: timedelta) -> HttpAnswer:
        """One request and its whole answer, by a deadline; redirects are not followed.

        Errors:  Unavailable, when the request surely did not arrive whole; OutcomeUnknown, when it had gone out
                 and no whole answer came.
        """
        started = time.monotonic()
        try:
            answer = self._exchanged(request, started + deadline.total_seconds())
        except (Unavailable, OutcomeUnknown) as failure:
            self._note(request, None, failure, started)
            raise
        self._note(request, answer, None, started)
        return answer

    def _exchanged(self, request: HttpRequest, ends: float) -> HttpAnswer:
        place = _place(request.url)
        with self._connected(place, ends) as connected, _watched(connected, ends) as watch:
            try:
                stream = self._tls.wrap_socket(connected, server_hostname=place.hostname) if _tls(place) else connected
            except OSError as error:
                raise Unavailable(f"{place.hostname}: {watch.late or f'TLS failed: {error}'}", code="tls") from error
            with stream:
                return self._asked(request, place, (stream, watch))

    @contextmanager
    def _connected(self, place: SplitResult, ends: float) -> Iterator[socket.socket]:
        """A connection to the first address that answers, of those that may be called."""
        host = place.hostname or ""
        failure = "It has no address."
        for family, address in resolved(host, place.port or _PORTS[place.scheme], ends - time.monotonic()):
            self._check(host, address[0], tls=_tls(place))
            left_s = ends - time.monotonic()
            if left_s <= 0:
                break
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                try:
                    connection.settimeout(left_s)
                    connection.connect(address)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    reached = connection.getpeername()[0]
                except OSError as error:
                    failure = str(error)
                    continue
                self._check(host, reached, tls=_tls(place))
                yield connection
                return
        raise Unavailable(f"{host} cannot be reached: {failure}", code="unreachable")

    def _check(self, host: str, address: str, *, tls: bool) -> None:
        if self._policy.company_network:
            return
        if not may_be_called(address, self._policy.networks):
            text = f"{host} leads to {address}, an address of an internal network, which the operator has not allowed."
            raise Unavailable(text, code="address_refused")
        if not tls and not is_allowed(address, self._policy.networks):
            raise Unavailable(f"{host} is to be called by https.", code="https_required")

    def _asked(self, request: HttpRequest, place: SplitResult, through: tuple[socket.socket, _Watch]) -> HttpAnswer:
        stream, watch = through
        kind = HTTPSConnection if _tls(place) else HTTPConnection
        connection = kind(place.hostname or "", place.port)
        connection.sock = stream
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Listino", **request.headers}
        cut_short = None
        try:
            connection.request(request.method, target, request.body or None, headers, preload_content=False)
        except ValueError as error:
            raise Unavailable(f"The request cannot be said in HTTP: {error}", code="bad_request") from error
        except _FAILURES as error:
            cut_short = error
        try:
            # Also when it was cut short: who refuses a request before its end may say so and close.
            response = connection.getresponse()
            return HttpAnswer(response.status, _headers(response), self._body(response, watch))
        except _FAILURES as error:
            # A request that is not whole is carried out by nobody (RFC 9112, section 8).
            text = watch.late or f"{type(error).__name__}: {error}"
            if cut_short is not None:
                raise Unavailable(f"{place.hostname} ended the request: {text}", code="cut_short") from cut_short
            raise OutcomeUnknown(f"{place.hostname} got the request and gave no whole answer: {text}") from error

    def _body(self, response: BaseHTTPResponse, watch: _Watch) -> bytes:
        body = bytearray()
        for chunk in response.stream(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._policy.answer_bytes_max:
                raise HTTPException(f"The answer is longer than {self._policy.answer_bytes_max} bytes.")
        if watch.late:
            raise TimeoutError  # What was ended at the deadline may look like an end.
        if not body and not _says_where_it_ends(response):
            raise HTTPException("The answer ended within its head.")
        return bytes(body)

    def _note(self, request: HttpRequest, answer: HttpAnswer | None, failure: Exception | None, started: float) -> None:
        secrets = self._policy.secrets
        exchange = Exchange(
            method=request.method,
            url=scrubbed_text(_scrubbed_url(request.url), secrets),
            request_headers=scrubbed_headers(request.headers, secrets),
            request_body=_shown(request.body, secrets),
            status=answer.status if answer is not None else None,
            answer_headers=scrubbed_headers(answer.headers, secrets) if answer is not None else {},
            answer_body=_shown(answer.body, secrets) if answer is not None else "",
            failure=f"{type(failure).__name__}: {scrubbed_text(str(failure), secrets)}" if failure else None,
            took_ms=round((time.monotonic() - started) * 1000),
        )
        self.transcript.append(exchange)
        _log.info(
            "http_out", method=exchange.method, url=exchange.url, status=exchange.status, took_ms=exchange.took_ms,
            failure=exchange.failure,
        )  # fmt: skip


def addresses_of(host: str) -> Sequence[str]:
    """The addresses that a name leads to now; none where they cannot be found out soon."""
    try:
        return [address[0] for _, address in resolved(host, 0, RESOLVED_WITHIN_S)]
    except Unavailable:
        return ()


def resolved(host: str, port: int, within_s: float) -> Sequence[Address]:
    """The addresses of a host, asked for in a thread of its own: a resolver has no deadline.

    Errors:  Unavailable.
    """
    told: SimpleQueue[Sequence[Address] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            told.put([(entry[0], entry[4]) for entry in found][:ADDRESSES_MAX])
        except (OSError, UnicodeError) as error:
            told.put(OSError(str(error)))

    Thread(target=ask, daemon=True).start()
    try:
        answer = told.get(timeout=max(within_s, 0))
    except Empty:
        raise Unavailable(f"The name {host} was not resolved in time.", code="dns") from None
    if isinstance(answer, OSError):
        raise Unavailable(f"The name {host} cannot be resolved: {answer}", code="dns") from answer
    return answer


@contextmanager
def _watched(connection: socket.socket, ends: float) -> Iterator[_Watch]:
    # A handle of its own, as TLS takes over the first.
    with connection.dup() as handle:
        watch = _Watch(handle)
        watch.start(max(ends - time.monotonic(), 0))
        try:
            yield watch
        finally:
            watch.timer.cancel()


def _place(url: str) -> SplitResult:
    with suppress(ValueError):
        place = urlsplit(url)
        if place.scheme in _PORTS and place.hostname and place.port != 0:
            return place
    raise Unavailable(f"{_scrubbed_url(url)} is not an address of HTTP.", code="bad_address")


def _tls(place: SplitResult) -> bool:
    return place.scheme == "https"


def _says_where_it_ends(response: BaseHTTPResponse) -> bool:
    """Whether an answer without a body is meant so; one that was cut within its head looks like one without headers."""
    named = {"content-length", "transfer-encoding"} & _headers(response).keys()
    return bool(named) or response.headers.get("connection", "").lower() == "close" or response.status in {204, 304}


def _headers(response: BaseHTTPResponse) -> dict[str, str]:
    return {name.lower(): response.headers[name] for name in response.headers}


def _shown(body: bytes, secrets: tuple[str, ...]) -> str:
    text = body[: 2 * TRANSCRIPT_CHARACTERS_MAX].decode("utf-8", errors="replace")
    return scrubbed_text(text, secrets)[:TRANSCRIPT_CHARACTERS_MAX]


def _scrubbed_url(url: str) -> str:
    """An address for the log: without who logs in, and without its query, which may name people."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return SCRUBBED
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}{port}{scrubbed_text(parts.path)}"
