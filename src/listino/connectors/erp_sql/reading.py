"""Rows are read and told in our words: facts that changed, or all of them; orders and what became of them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, text

from listino.connectors.erp_sql.link import Link
from listino.connectors.erp_sql.settings import FactQuery
from listino.connectors.erp_sql.watched import by_deadline
from listino.core.mapping import Mapped, Row, Unmapped
from listino.core.validity import instant
from listino.ports import News, Record, Untranslated

ROWS_AT_ONCE = 1_000
ROWS_PER_PAGE = 2_000
_REMEDY = "Correct it in the ERP, or the mapping."
_DAYS = ("valid_from", "valid_to")


class Columns(Mapping[str, Any]):
    """A row by its columns' names, whose case databases change at will; `greatest` sees one column go by."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name.casefold()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def news_of(link: Link, since: str | None) -> Iterator[News]:
    """The facts that changed since a cursor; all of them without one, or where the mapping is another by now."""
    settings = link.settings
    mark = blake2b(repr(settings.facts).encode(), digest_size=8).hexdigest()
    before = read_cursor(since, mark)
    after = dict(before or {})
    complete = before is None or all(fact.changes is None for fact in settings.facts)
    held: News | None = None
    with _reading(link) as connection:
        for place, fact in enumerate(settings.facts):
            known = None if before is None else before.get(str(place))
            reading = _Reading(link, fact, None if fact.changes is None else known)
            for page in reading.pages(connection):
                if held is not None:
                    yield held
                held = page
            if reading.greatest is not None:
                after[str(place)] = reading.greatest
    cursor = written_cursor(after, mark)
    last = held or News((), None)
    yield News(last.records, cursor, last.untranslated, complete)


@contextmanager
def _reading(link: Link) -> Iterator[Connection]:
    """A connection on which all that is read is of one moment, where the database can do that."""
    with ExitStack() as stack:

        def opened(_: Any) -> Connection:
            connection = stack.enter_context(link.connection())
            if link.engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return connection

        yield by_deadline(opened, link.settings.deadline, link.settings.name)


class _Reading:
    """One query on its way; `greatest` is the greatest value of its column of changes so far."""

    def __init__(self, link: Link, fact: FactQuery, since: Any) -> None:
        self._link, self._fact, self._since = link, fact, since
        self.greatest: Any = since

    def pages(self, connection: Connection) -> Iterator[News]:
        """The query's facts, page by page; each is fetched by a deadline."""
        found = self._fact.mapping.facts(self._rows(connection))
        while page := list(islice(found, ROWS_PER_PAGE)):
            yield News(
                tuple(self._record(one) for one in page if isinstance(one, Mapped)),
                None,
                tuple(self._untranslated(one) for one in page if isinstance(one, Unmapped)),
            )

    def _rows(self, connection: Connection) -> Iterator[Row]:
        link, fact = self._link, self._fact

        def begun(_: Any) -> Any:
            with link.sorted_errors():
                if self._since is None or fact.changes is None:
                    return connection.execution_options(stream_results=True).execute(text(fact.query))
                return link.executed(connection, fact.changes, {"since": self._since})

        deadline, name = link.settings.news_deadline, link.settings.name
        result = by_deadline(begun, deadline, name)
        names = [column.casefold() for column in result.keys()]  # noqa: SIM118 - a result is no dictionary

        def fetched(_: Any) -> Any:
            with link.sorted_errors():
                return result.fetchmany(ROWS_AT_ONCE)

        while rows := by_deadline(fetched, deadline, name):
            for values in rows:
                row = Columns(dict(zip(names, map(self._readable, values), strict=True)))
                if fact.since is not None and fact.since in row:
                    value = row[fact.since]
                    if value is not None and (self.greatest is None or value > self.greatest):
                        self.greatest = value
                yield row

    def _readable(self, value: Any) -> Any:
        if isinstance(value, bytes | memoryview):
            return bytes(value).decode(self._link.settings.encoding, "replace")
        return value

    def _record(self, mapped: Mapped) -> Record:
        said = mapped.said
        if said is not None:
            said = _timed(said, self._link.settings.zone)
        return Record(self._fact.mapping.kind, mapped.code, said)

    def _untranslated(self, unmapped: Unmapped) -> Untranslated:
        kind = self._fact.mapping.kind
        return Untranslated(kind, unmapped.code or f"row {unmapped.place}", unmapped.text, _REMEDY)


def _timed(said: Any, zone: ZoneInfo) -> Any:
    """Bare dates as instants of the ERP's own zone: an end date is the last day."""
    if isinstance(said, list):
        return [_timed(one, zone) for one in said]
    if not isinstance(said, dict):
        return said
    return {name: _day(name, one, zone) if name in _DAYS else _timed(one, zone) for name, one in said.items()}


def _day(name: str, said: Any, zone: ZoneInfo) -> Any:
    if not isinstance(said, str) or len(said) != 10 or said in {"0001-01-01", "9999-12-31"}:
        return said
    day = date.fromisoformat(said)
    if name == "valid_to":
        day = date.fromordinal(day.toordinal() + 1)
    return instant(datetime(day.year, day.month, day.day), zone).isoformat()  # noqa: DTZ001 - local to the zone


def written_cursor(values: Mapping[str, Any], mark: str) -> str:
    """Values of columns of changes as a cursor; it holds for one mapping alone."""
    told = {name: _tagged(value) for name, value in values.items()}
    return msgspec.json.encode({"mark": mark, "since": told}, order="sorted").decode()


def read_cursor(cursor: str | None, mark: str) -> dict[str, Any] | None:
    """The values of a cursor; None without one, or with another mapping's."""
    if cursor is None:
        return None
    told = msgspec.json.decode(cursor)
    if told["mark"] != mark:
        return None
    return {name: _untagged(*value) for name, value in told["since"].items()}


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    if isinstance(value, date):
        return "date", value.isoformat()
    return ("decimal", str(value)) if isinstance(value, Decimal) else ("", value)


def _untagged(tag: str, value: Any) -> Any:
    readers: dict[str, Any] = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal}
    return readers[tag](value) if tag else value


def decimal_of(value: Any) -> Decimal | None:
    """A column's value as an amount; None where it is none."""
    if value is None:
        return None
    try:
        return Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return None
