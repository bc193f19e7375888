"""Calls of Tryton's JSON-RPC: a session that renews itself, and what each way to fail says of what was done."""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock, local
from typing import Any
from urllib.parse import quote

from listino.connectors.erp_tryton.wire import decoded, encoded
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.ports import Http, HttpAnswer, HttpRequest

PAGE_RECORDS = 500
IDS_PER_CALL = 1_000
LOGIN_AGAIN_MAX = 1
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where Tryton answers, and as whom we ask."""

    url: str
    database: str
    user: str
    password: str
    deadline: timedelta = timedelta(seconds=30)


@dataclass(slots=True)
class _Session:
    header: str
    context: dict[str, Any] = field(default_factory=dict)


class Rpc:
    """A database of Tryton's, called as one user.

    Calls that only read are Unavailable however they fail; those that write are told apart.
    """

    def __init__(self, http: Http, account: Account) -> None:
        self._http = http
        self._account = account
        self._session: _Session | None = None
        self._lock = Lock()
        self._limit = local()

    @contextmanager
    def in_all(self) -> Iterator[None]:
        """Within it the deadline counts for all calls of this thread together, not for each."""
        self._limit.ends = time.monotonic() + self._account.deadline.total_seconds()
        try:
            yield
        finally:
            del self._limit.ends

    @property
    def context(self) -> Mapping[str, Any]:
        """What holds for the user in Tryton: its company, its language."""
        return self._opened().context

    def read(self, method: str, *parameters: Any, context: Mapping[str, Any] | None = None) -> Any:
        """What a method answers that changes nothing.

        Errors:  Unavailable; ErpSaidNo where Tryton understood and refused.
        """
        try:
            return self._called(method, parameters, context)
        except OutcomeUnknown as error:
            raise Unavailable(error.detail) from error

    def write(self, method: str, *parameters: Any, context: Mapping[str, Any] | None = None) -> Any:
        """What a method answers that changes something, in a transaction of its own.

        Errors:  Unavailable: surely not done; OutcomeUnknown: it may have been; ErpSaidNo: it was refused.
        """
        return self._called(method, parameters, context)

    def rows(self, model: str, domain: Sequence[Any], fields: Sequence[str], **context: Any) -> Iterator[Row]:
        """The records of a model that fit, in the order of their ids."""
        last = 0
        while True:
            within = [*domain, ["id", ">", last]]
            page: list[Row] = self.read(
                f"model.{model}.search_read", within, 0, PAGE_RECORDS, [["id", "ASC"]], list(fields), context=context
            )
            yield from page
            if len(page) < PAGE_RECORDS:
                return
            last = page[-1]["id"]

    def by_id(self, model: str, ids: Sequence[int], fields: Sequence[str], **context: Any) -> Iterator[Row]:
        """The records of these ids."""
        for start in range(0, len(ids), IDS_PER_CALL):
            yield from self.read(
                f"model.{model}.read", list(ids[start : start + IDS_PER_CALL]), list(fields), context=context
            )

    def server_time(self) -> datetime | None:
        """What time it is where Tryton runs, as its answers' header says; None where they do not."""
        answer = self._exchanged(self._url(), "model.ir.module.search_count", [[], dict(self.context)], self._opened())
        said = answer.headers.get("date")
        try:
            return None if said is None else parsedate_to_datetime(said).replace(tzinfo=None)
        except ValueError:
            return None

    def _called(self, method: str, parameters: Sequence[Any], context: Mapping[str, Any] | None) -> Any:
        session = self._opened()
        for _ in range(LOGIN_AGAIN_MAX + 1):
            said = [*parameters, {**session.context, **(context or {})}]
            answer = self._exchanged(self._url(), method, said, session)
            if answer.status != 401:
                return _result(answer, method)
            session = self._renewed(session)
        raise Unavailable("Tryton does not take the session that it has just opened.", code="login_refused")

    def _opened(self) -> _Session:
        with self._lock:
            if self._session is None:
                self._session = self._logged_in()
            return self._session

    def _renewed(self, old: _Session) -> _Session:
        """A new session for one that has ended; another thread may have opened it meanwhile."""
        with self._lock:
            if self._session is old or self._session is None:
                self._session = self._logged_in()
            return self._session

    def _logged_in(self) -> _Session:
        account = self._account
        try:
            answer = self._exchanged(
                self._url(), "common.db.login", [account.user, {"password": account.password}, None], None
            )
            if answer.status in {401, 403, 404}:
                text = f"Tryton at {account.url} does not let {account.user} in to the database {account.database}."
                raise Unavailable(text, retry_in_s=60, code="login_refused")
            user_id, token, *_ = _result(answer, "common.db.login")
            signed = base64.b64encode(f"{account.user}:{user_id}:{token}".encode()).decode()
            session = _Session(f"Session {signed}")
            told = self._exchanged(self._url(), "model.res.user.get_preferences", [True, {}], session)
            session.context = _result(told, "model.res.user.get_preferences")
        except OutcomeUnknown as error:
            raise Unavailable(error.detail) from error
        if session.context.get("company") is None:
            text = f"The user {account.user} of Tryton has no company."
            raise ErpSaidNo("no_company", text, "Give the user its company in Tryton: Administration > Users.")
        return session

    def _url(self) -> str:
        return f"{self._account.url.rstrip('/')}/{quote(self._account.database)}/rpc/"

    def _exchanged(self, url: str, method: str, parameters: Sequence[Any], session: _Session | None) -> HttpAnswer:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip"}
        if session is not None:
            headers["Authorization"] = session.header
        body = encoded({"id": 0, "method": method, "params": list(parameters)})
        return self._http.send(HttpRequest(method="POST", url=url, headers=headers, body=body), self._left(method))

    def _left(self, method: str) -> timedelta:
        """How long a call may take."""
        ends: float | None = getattr(self._limit, "ends", None)
        if ends is None:
            return self._account.deadline
        left = timedelta(seconds=ends - time.monotonic())
        if left <= timedelta(0):
            raise Unavailable(f"The deadline was over before Tryton was asked for {method}.", code="too_slow")
        return left


def _result(answer: HttpAnswer, method: str) -> Any:
    """What a call answered.

    Errors:  Unavailable, OutcomeUnknown, ErpSaidNo.
    """
    if answer.status == 429:
        raise Unavailable("Tryton is asked too often.", retry_in_s=60, code="too_many_requests")
    if answer.status in {403, 404, 405}:
        # A database that is not loaded, or a proxy that stands in for Tryton while it is upgraded: no order's fault.
        text = f"Tryton is not there for {method}: HTTP {answer.status}."
        raise Unavailable(text, retry_in_s=60, code="not_there")
    if answer.status in {400, 413, 415}:
        text = f"Tryton does not carry out {method}: HTTP {answer.status}."
        raise ErpSaidNo("not_carried_out", text, "Check the address, the database and the modules of Tryton.")
    if answer.status != 200:
        raise OutcomeUnknown(f"Tryton answered {method} with HTTP {answer.status}.")
    try:
        said = decoded(answer.body)
    except ValueError as error:
        raise OutcomeUnknown(f"Tryton answered {method} with what is no JSON.") from error
    if not isinstance(said, dict) or not {"result", "error"} & said.keys():
        raise OutcomeUnknown(f"Tryton answered {method} with neither a result nor an error.")
    if "error" in said:
        raise _refusal(said["error"], method)
    return said["result"]


def _refusal(error: Any, method: str) -> Exception:
    """What an error of Tryton's says: refused by it, in the way of another, or broken."""
    kind, *more = error if isinstance(error, list) and error else [str(error)]
    said = more[0] if more and isinstance(more[0], list) else more
    texts = [part.strip() for part in said if isinstance(part, str) and part.strip()]
    if kind == "UserError":
        remedy = "Correct it in Tryton, or change the order, and try again."
        return ErpSaidNo("refused", " ".join(texts[:2]), remedy)
    if kind == "UserWarning":
        remedy = "Tryton asks a person to confirm this: enter the order there."
        return ErpSaidNo("warning", " ".join(texts[1:3]), remedy)
    if kind == "ConcurrencyException":
        return Unavailable("Somebody changed the record in Tryton at the same moment.")
    # Broken within: as a rule it was rolled back, but it may have broken after the commit.
    return OutcomeUnknown(f"Tryton failed at {method}: {str(kind)[:400]}")
