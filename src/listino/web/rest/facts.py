"""The fact doors: PUT, GET, DELETE and list every kind; change sets; the change log; stock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.checks import CODE_FIELDS, code_fault
from listino.core.errors import Fault, Malformed, malformed
from listino.core.facts import KINDS
from listino.core.findings import Checks
from listino.db.engine import Database
from listino.flows import facts, stock
from listino.flows.access import ApiKey
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by
from listino.flows.keeping import Saved
from listino.flows.price import company, snapshot
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.notices import warnings_of
from listino.web.reading import check_number, checked_code, is_number, known_at_of

PAGE_MAX = 1_000
PAGE_DEFAULT = 100
# A page of a filtered list reads at most so many records; then it ends with a cursor to go on from.
SCANNED_MAX = 20_000
CHANGES_MAX = 10_000
CURSOR_LENGTH_MAX = 200
_decode = msgspec.json.Decoder(float_hook=Decimal)


class FactDoor:
    """States, reads and ends facts."""

    def __init__(self, database: Database, clock: Callable[[], datetime], checks: Checks) -> None:
        self._database = database
        self._clock = clock
        self._checks = checks

    def put(
        self, kind: str, code: str, body: bytes, key: ApiKey, based_on: int | None, confirmed: bool
    ) -> tuple[int, bytes, int]:
        """Keep a fact: status 201 when it is new, its JSON with what was noticed, its revision."""
        require(key, "facts:write")
        _check_code(code)
        said = parsed(body)
        if not isinstance(said, dict):
            raise malformed("body", "malformed", "A record is a JSON object.", "Send its fields as an object.")
        is_new = not facts.exists(self._database, kind, code)
        checks = checks_for(self._checks, key, confirmed)
        saved = facts.save(self._database, [Stated(kind, code, said, based_on)], key.name, None, self._clock(), checks)
        found = facts.get(self._database, kind, code)
        return 201 if is_new else 200, encode(found.said | warnings_of(saved)), found.revision

    def get(self, kind: str, code: str, key: ApiKey, known_at: str | None) -> tuple[bytes, int]:
        """A fact's JSON and its revision."""
        require(key, "facts:read")
        _check_code(code)
        then = known_at_of(known_at, company(self._database.read())) if known_at is not None else None
        found = facts.get(self._database, kind, code, then, full=key.may("explain:full"))
        return encode(found.said), found.revision

    def end(self, kind: str, code: str, key: ApiKey, based_on: int | None) -> bytes:
        """End a fact; refused with the list of what refers to it."""
        require(key, "facts:write")
        _check_code(code)
        committed = facts.save(self._database, [Stated(kind, code, None, based_on)], key.name, None, self._clock())
        return encode({"code": code, "revision": committed.revision})

    def listed(self, kind: str, key: ApiKey, said: dict[str, str]) -> bytes:
        """A page of facts: `limit`, `after`, `known_at`, and any field as a filter."""
        require(key, "facts:read")
        limit, after = page_of(said)
        known_at = said.pop("known_at", None)
        allowed = KINDS[kind].__dataclass_fields__
        for name, value in said.items():
            if name not in allowed:
                remedy = "Send only: " + ", ".join(sorted(allowed)) + ", limit, after, known_at."
                raise malformed(name, "unknown_field", f"{kind} has no field {name}.", remedy)
            if name in CODE_FIELDS:
                checked_code(value, name)
        if after and facts.is_by_reference(said):
            check_number(after, "after", "Send the `next` of the page before.")
        reading = self._database.read()
        book = snapshot(self._database, known_at_of(known_at, company(reading)) if known_at is not None else None)
        bounds, full = (limit, max(SCANNED_MAX, limit)), key.may("explain:full")
        page, following = facts.listed(book, kind, after, said, bounds, full=full)
        return encode({"data": page, "next": following, "revision": book.revision})

    def change(self, body: bytes, key: ApiKey, reason: str | None, confirmed: bool) -> bytes:
        """Carry out a change set: all of it as one revision, or nothing."""
        require(key, "facts:write")
        said = parsed(body)
        if isinstance(said, dict):
            unknown = sorted(set(said) - {"changes", "reason"})
            if unknown:
                raise malformed(
                    unknown[0], "unknown_field", f"There is no field {unknown[0]}.", "Send changes, reason."
                )
            reason, said = said.get("reason", reason), said.get("changes")
        if reason is not None and not isinstance(reason, str):
            raise malformed("reason", "wrong_type", "reason must be text.", "Send it as a string, or leave it out.")
        stated = stated_changes(said)
        checks = checks_for(self._checks, key, confirmed)
        return changed(changed_by(self._database, stated, key.name, reason, self._clock(), checks), len(stated))

    def log(self, key: ApiKey, said: dict[str, str]) -> bytes:
        """The revisions behind `after`, with what each brought and ended."""
        require(key, "facts:read")
        limit, after = page_of(said)
        if after:
            check_number(after, "after", "Send a revision number.")
        reading = self._database.read()
        headers = facts.change_log(reading, int(after or 0), limit + 1)
        data = [
            {
                "revision": header.revision,
                "at": header.at,
                "actor": header.actor,
                "reason": header.reason,
                "changes": header.changes,
                "records": [{"kind": kind, "code": code} for kind, code in header.records],
                "ended": [{"kind": kind, "code": code} for kind, code in header.ended],
            }
            for header in headers[:limit]
        ]
        following = str(headers[limit - 1].revision) if len(headers) > limit else None
        return encode({"data": data, "next": following, "revision": reading.revision, "epoch": reading.epoch})

    def put_stock(self, item: str, body: bytes, key: ApiKey, warehouse: str | None) -> bytes:
        """Set how much of an item a warehouse holds."""
        require(key, "stock:write")
        _check_code(item)
        if warehouse is not None:
            checked_code(warehouse, "warehouse")
        said = parsed(body)
        if warehouse is not None and isinstance(said, dict):
            said.setdefault("warehouse", warehouse)
        return encode(stock.counted(self._database, item, said))

    def get_stock(self, item: str, key: ApiKey) -> bytes:
        """How much of an item each warehouse holds."""
        require(key, "facts:read")
        _check_code(item)
        return encode(stock.held(self._database, item))


def checks_for(checks: Checks, key: ApiKey, confirmed: bool) -> Checks:
    """The installation's checks for one request: confirmed or not, and with costs and limits or without."""
    return replace(checks, confirmed=confirmed, full=key.may("explain:full"))


def changed(saved: Saved, stated: int) -> bytes:
    """What a change set did, and what was noticed of it."""
    counts = {"revision": saved.revision, "changed": saved.changed, "unchanged": stated - saved.changed}
    return encode(counts | warnings_of(saved))


def parsed(body: bytes) -> Any:
    """A body as plain JSON values.

    Errors:  Malformed for what is not JSON or nested too deeply.
    """
    try:
        return _decode.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed("body", "malformed_json", f"The body is not JSON: {error}.", "Send valid UTF-8 JSON.") from None
    except RecursionError:
        raise malformed("body", "too_deep", "The JSON is nested too deeply.", "Send it as documented.") from None


def stated_changes(said: Any) -> list[Stated]:
    """The changes of a change set.

    Errors:  Malformed.
    """
    if not isinstance(said, list) or not said:
        raise malformed("changes", "missing", "changes must be a list of 1 or more.", "Send what is to change.")
    if len(said) > CHANGES_MAX:
        raise malformed("changes", "too_many", f"More than {CHANGES_MAX} changes.", "Send them as NDJSON.")
    return [stated_change(one, f"changes[{index}].") for index, one in enumerate(said)]


def stated_change(said: Any, path: str) -> Stated:
    """One change of a change set: a fact's flat JSON with its `kind`, or `"end": true`.

    Errors:  Malformed.
    """
    if not isinstance(said, dict):
        raise malformed(path.rstrip("."), "malformed", "A change is a JSON object.", "Send kind, code and the fact.")
    values = dict(said)
    kind, code, based_on = values.pop("kind", None), values.get("code"), values.pop("based_on", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise malformed(f"{path}kind", "not_a_choice", f"kind cannot be {kind!r}.", "Send one of: " + ", ".join(KINDS))
    if not isinstance(code, str):
        raise malformed(f"{path}code", "missing", "code is required.", "Send the record's code.")
    if based_on is not None and not (type(based_on) is int and is_number(str(based_on))):
        raise malformed(f"{path}based_on", "wrong_type", "based_on is a revision.", "Send its number, or leave it out.")
    if values.pop("end", False) is True:
        return Stated(kind, code, None, based_on)
    return Stated(kind, code, values, based_on)


def page_of(said: dict[str, str]) -> tuple[int, str]:
    """`limit` and `after` of a list, taken out of its parameters.

    Errors:  Malformed.
    """
    text = said.pop("limit", str(PAGE_DEFAULT))
    if not is_number(text) or not 1 <= int(text) <= PAGE_MAX:
        raise malformed("limit", "out_of_range", f"limit is 1 to {PAGE_MAX}, not {text!r}.", "Send a smaller limit.")
    after = said.pop("after", "")
    if len(after) > CURSOR_LENGTH_MAX:
        raise malformed("after", "too_long", "after is no cursor.", "Send the `next` of the page before.")
    return int(text), after


def _check_code(code: str) -> None:
    fault = code_fault("code", code)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (Fault("code", fault.code, fault.text, fault.remedy),))
