"""The settings of a connection to Tryton, read from the company's file and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from listino.connectors.erp_tryton.rpc import Account
from listino.core.errors import malformed
from listino.core.validity import zone_named

DEADLINE_S_MAX = 600
STATES = ("draft", "quotation", "confirmed")
# Fields of a sale in which our key may stand: what Tryton holds, and can be searched by.
KEY_FIELDS = ("description", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the company says of its Tryton.

    Shapes:  channels: those whose prices are Tryton's; units: codes (UN/ECE Rec 20) by symbols of Tryton;
             categories: tax categories (EN 16931) by names of Tryton's taxes; stock: whether it is told;
             warehouse: the code of the one whose stock counts; state: how far a sale is taken; key_field,
             key_prefix: where a sale holds our key; shipping: the code of the service that charges are entered as;
             overlap: for how long a change may have waited for its commit; settling: for how long after a call was
             given up it may still be done.
    """

    account: Account
    zone: str = "UTC"
    channels: tuple[str, ...] = ("tryton",)
    units: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    stock: bool = True
    warehouse: str | None = None
    overlap: timedelta = timedelta(minutes=10)
    state: str = "quotation"
    key_field: str = "description"
    key_prefix: str = "Listino "
    shipping: str | None = None
    calls_per_minute: int = 600
    settling: timedelta = timedelta(seconds=60)


def settings_from(said: Mapping[str, Any]) -> Settings:
    """The settings that a file states.

    Errors:  Malformed, naming the key and what it may be.
    """
    connection, own = _table(said, "connection"), _table(said, "tryton")
    deadline_s = _number(connection, "connection.deadline_s", 30, DEADLINE_S_MAX)
    account = Account(
        url=_address(_text(connection, "connection.url")),
        database=_text(connection, "connection.database"),
        user=_text(connection, "connection.user"),
        password=_text(connection, "connection.password"),
        deadline=timedelta(seconds=deadline_s),
    )
    zone = _text(own, "tryton.zone", "UTC")
    if zone_named(zone) is None:
        raise malformed("tryton.zone", "not_a_zone", f"{zone!r} is no time zone.", 'Name one, as "Europe/Rome".')
    return Settings(
        account=account,
        zone=zone,
        channels=tuple(own.get("channels", ("tryton",))),
        units=_table(own, "tryton.units"),
        categories=_table(own, "tryton.tax_categories"),
        stock=bool(own.get("stock", True)),
        warehouse=own.get("warehouse"),
        overlap=timedelta(seconds=_number(own, "tryton.overlap_s", 600, 24 * 3600)),
        state=_choice(own, "tryton.state", "quotation", STATES),
        key_field=_choice(own, "tryton.key_field", "description", KEY_FIELDS),
        key_prefix=_text(own, "tryton.key_prefix", "Listino "),
        shipping=own.get("shipping"),
        calls_per_minute=_number(connection, "connection.calls_per_minute", 600, 60_000),
        settling=timedelta(seconds=_number(connection, "connection.settling_s", 60, 24 * 3600)),
    )


def _name(key: str) -> str:
    return key.rpartition(".")[2]


def _table(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = said.get(_name(key), {})
    if not isinstance(table, Mapping):
        raise malformed(key, "not_a_table", f"{key} is no table.", f"Write it as [{key}].")
    return table


def _text(said: Mapping[str, Any], key: str, without: str | None = None) -> str:
    value = said.get(_name(key), without)
    if not isinstance(value, str) or not value:
        raise malformed(
            key, "missing", f"{key} must be a text.", f'Write {_name(key)} = "..." under [{key.partition(".")[0]}].'
        )
    return value


def _number(said: Mapping[str, Any], key: str, without: int, most: int) -> int:
    value = said.get(_name(key), without)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise malformed(
            key, "out_of_range", f"{key} must be a number from 1 to {most}.", "Correct it, or leave it out."
        )
    return value


def _choice(said: Mapping[str, Any], key: str, without: str, choices: tuple[str, ...]) -> str:
    value = said.get(_name(key), without)
    if value not in choices:
        raise malformed(key, "not_a_choice", f"{key} cannot be {value!r}.", f"Write one of: {', '.join(choices)}.")
    return str(value)


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise malformed("connection.url", "not_an_address", f"{url!r} is no address.", "Write https://host:port.")
    return url
