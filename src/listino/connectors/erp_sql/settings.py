"""What the settings file says of the database, the facts in it, and how orders are written into it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from listino.connectors.erp_sql.values import ValueOf, value_of
from listino.core.errors import Malformed, malformed
from listino.core.mapping import FactMapping, Shape, mapping_of, shape_of
from listino.core.validity import zone_named

KINDS = frozenset(
    ["sql", "connection", "facts", "order", "ask", "mapping", "mirror", "states", "prices", "reconcile", "alerts"]
)
SQL_KEYS = frozenset(
    ["name", "zone", "deadline_s", "news_deadline_s", "settling_s", "calls_per_minute", "rounding", "tax_rounding"]
)  # fmt: skip
ORDER_KEYS = frozenset(
    ["key", "number", "insert", "line", "charge", "payment", "contact", "voucher", "after", "item_exists", "values",
     "find", "found", "states", "states_since", "cancel"]
)  # fmt: skip
FACT_KEYS = frozenset(["kind", "query", "changes", "since", "fields", "tiers", "ended", "only"])
FOUND_FIELDS = ("key", "number", "net", "gross", "life", "at", "text", "since")
ASKED_FIELDS = ("net_price", "gross_price", "currency", "per", "reason")
DEADLINE_S, NEWS_DEADLINE_S, SETTLING_S = 20, 600, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuery:
    """How facts of a kind are read: all of them, and where it can be told, those that changed.

    Shapes:  changes takes `:since`; since is the column whose greatest value is the next one.
    """

    query: str
    mapping: FactMapping
    changes: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatements:
    """How an order is written, found and followed.

    Shapes:  key: table and column that hold our key; insert, after, cancel: statements in order; line, charge, ...:
             carried out for each; number: a query that makes the order's number, as `:erp_number`; values: further
             parameters; found: by field of FOUND_FIELDS, how the columns of `find` and `states` tell it.
    """

    insert: tuple[str, ...]
    key: tuple[str, str] | None = None
    number: str | None = None
    each: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    item_exists: str | None = None
    values: Mapping[str, ValueOf] = field(default_factory=dict)
    find: str | None = None
    found: Mapping[str, Shape] = field(default_factory=dict)
    states: str | None = None
    states_since: str | None = None
    cancel: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceQuery:
    """How the database is asked for a price, and how its columns tell it (by field of ASKED_FIELDS)."""

    query: str
    fields: Mapping[str, Shape]
    values: Mapping[str, ValueOf]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSettings:
    """The database, what it is like, and the statements.

    Shapes:  on_connect: statements that each new connection begins with; encoding: of text that the driver gives as
             bytes.
    """

    url: URL
    name: str
    zone: ZoneInfo
    facts: tuple[FactQuery, ...]
    orders: OrderStatements | None
    ask: PriceQuery | None
    deadline: timedelta
    news_deadline: timedelta
    settling: timedelta
    calls_per_minute: int
    rounding: str
    tax_rounding: str
    on_connect: tuple[str, ...] = ()
    encoding: str = "utf-8"
    schema: str | None = None


def settings_of(told: Mapping[str, Any], folder: Path) -> SqlSettings:
    """The settings as their file tells them, with a mapping in a file of its own put in.

    Errors:  Malformed, which names the key.
    """
    told = _with_mapping(told, folder)
    _known(told, KINDS, "")
    sql, connection = _table(told, "sql"), _table(told, "connection")
    _known(sql, SQL_KEYS, "sql.")
    zone = zone_named(str(sql.get("zone", "UTC")))
    if zone is None:
        raise _wrong("sql.zone", f"{sql.get('zone')!r} is no time zone.", "Name one, as Europe/Rome.")
    return SqlSettings(
        url=_url(connection, folder),
        name=str(sql.get("name", "the ERP's database")),
        zone=zone,
        facts=tuple(_fact(one, f"facts[{place}]") for place, one in enumerate(told.get("facts", ()))),
        orders=_orders(told["order"]) if isinstance(told.get("order"), Mapping) else None,
        ask=_asked(_table(told, "ask")),
        deadline=_seconds(sql, "deadline_s", DEADLINE_S),
        news_deadline=_seconds(sql, "news_deadline_s", NEWS_DEADLINE_S),
        settling=_seconds(sql, "settling_s", SETTLING_S),
        calls_per_minute=int(sql.get("calls_per_minute", 600)),
        rounding=str(sql.get("rounding", "half_up")),
        tax_rounding=str(sql.get("tax_rounding", "rate")),
        on_connect=_statements(connection.get("on_connect", ()), "connection.on_connect"),
        encoding=str(connection.get("encoding", "utf-8")),
        schema=connection.get("schema"),
    )


def _with_mapping(told: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The settings with those of the mapping file that they name beside them."""
    name = told.get("mapping")
    if name is None:
        return told
    path = folder / str(name)
    try:
        more = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong("mapping", f"{path} cannot be read: {error.strerror}.", "Name the mapping's file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong("mapping", f"{path} is not TOML: {error}.", "Correct the line that is named.") from None
    return {**more, **told}


def _url(connection: Mapping[str, Any], folder: Path) -> URL:
    stated = connection.get("url")
    if not isinstance(stated, str):
        raise _wrong("connection.url", "It is missing.", 'As url = "postgresql+psycopg://host/database".')
    try:
        url = make_url(stated)
    except ArgumentError:
        text = "It is no URL of a database."  # Not shown: it may hold a password.
        raise _wrong("connection.url", text, 'As "mysql+pymysql://host/database".') from None
    if "user" in connection:
        url = url.set(username=str(connection["user"]))
    if "password" in connection:
        url = url.set(password=str(connection["password"]))
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(folder / url.database))
    return url


def _fact(told: Any, place: str) -> FactQuery:
    if not isinstance(told, Mapping) or not told.get("kind") or not told.get("query"):
        raise _wrong(place, "It names no kind or no query.", 'As kind = "items", query = "SELECT ...".')
    _known(told, FACT_KEYS, f"{place}.")
    if ("changes" in told) != ("since" in told):
        text = "A query of changes needs the column that tells since when, and the other way about."
        raise _wrong(f"{place}.changes", text, 'As changes = "... WHERE CHANGED >= :since", since = "CHANGED".')
    return FactQuery(
        query=str(told["query"]),
        mapping=mapping_of(str(told["kind"]), told, place),
        changes=told.get("changes"),
        since=told.get("since"),
    )


def _orders(told: Mapping[str, Any]) -> OrderStatements:
    _known(told, ORDER_KEYS, "order.")
    for name in ("insert", "line"):
        if name not in told:
            raise _wrong(f"order.{name}", "It is missing.", f'As {name} = "INSERT INTO ...".')
    if "states_since" in told and "since" not in told.get("found", {}):
        raise _wrong("order.found.since", "It is missing.", 'Name the column that tells since when, as "CHANGED".')
    key = told.get("key")
    if key is not None and not (isinstance(key, Mapping) and key.keys() == {"table", "column"}):
        raise _wrong("order.key", "It names no table and column.", 'As key = {table = "ORDERS", column = "WEBKEY"}.')
    found = {name: shape_of(part, f"order.found.{name}") for name, part in told.get("found", {}).items()}
    _known(found, frozenset(FOUND_FIELDS), "order.found.")
    if ("find" in told or "states" in told) and not {"key", "number"} <= found.keys():
        raise _wrong("order.found", "It tells no key or no number.", 'As found.key = "WEBKEY", found.number = "NO".')
    each = {name: str(told[name]) for name in ("line", "charge", "payment", "contact", "voucher") if name in told}
    return OrderStatements(
        insert=_statements(told["insert"], "order.insert"),
        key=(str(key["table"]), str(key["column"])) if key is not None else None,
        number=told.get("number"),
        each=each,
        after=_statements(told.get("after", ()), "order.after"),
        item_exists=told.get("item_exists"),
        values={name: value_of(one, f"order.values.{name}") for name, one in told.get("values", {}).items()},
        find=told.get("find"),
        found=found,
        states=told.get("states"),
        states_since=told.get("states_since"),
        cancel=_statements(told.get("cancel", ()), "order.cancel"),
    )


def _asked(told: Mapping[str, Any]) -> PriceQuery | None:
    if "query" not in told:
        return None
    fields = {name: shape_of(part, f"ask.fields.{name}") for name, part in told.get("fields", {}).items()}
    _known(fields, frozenset(ASKED_FIELDS), "ask.fields.")
    values = {name: value_of(one, f"ask.values.{name}") for name, one in told.get("values", {}).items()}
    return PriceQuery(query=str(told["query"]), fields=fields, values=values)


def _statements(told: Any, place: str) -> tuple[str, ...]:
    if isinstance(told, str):
        return (told,)
    if not isinstance(told, Sequence) or not all(isinstance(one, str) for one in told):
        raise _wrong(place, "It is neither a statement nor a list of them.", 'As "INSERT INTO ...".')
    return tuple(told)


def _seconds(told: Mapping[str, Any], name: str, usual: int) -> timedelta:
    seconds = told.get(name, usual)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3_600:
        raise _wrong(f"sql.{name}", f"{seconds!r} is no number of seconds up to an hour.", f"As {name} = {usual}.")
    return timedelta(seconds=seconds)


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name, {})
    if not isinstance(found, Mapping):
        raise _wrong(name, "It is no table.", f"Write [{name}] above its keys.")
    return found


def _known(told: Mapping[str, Any], names: frozenset[str], place: str) -> None:
    strange = sorted(told.keys() - names)
    if strange:
        raise _wrong(f"{place}{strange[0]}", "It means nothing here.", f"Use {', '.join(sorted(names))}.")


def _wrong(place: str, text: str, remedy: str) -> Malformed:
    return malformed(place, "sql_settings", f"{place}: {text}", remedy)
