"""The door of change notices: what will change for a customer in a period, and when."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.explain import text_in
from listino.core.money import EXACT, NINE_PLACES, minor_digits, percent_between, plain
from listino.core.question import NoPrice, Price
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.moments import end_of, instant_of
from listino.flows.price import Asked
from listino.flows.price_changes import (
    ChangesEnd,
    ChangesHead,
    Choice,
    Outcome,
    PriceChange,
    TooMany,
    price_changes,
)
from listino.web.answers import encode, instant_text
from listino.web.auth import require
from listino.web.messages import Amount
from listino.web.reading import checked_code, quantity_of, query_of, single
from listino.web.rest.prices import PriceDoor, checked_country, checked_currency, flag_of, language_of
from listino.web.streams import NDJSON, Pieces, Streams

PERIOD_DEFAULT = timedelta(days=365)
PERIOD_MAX = timedelta(days=3_660)
PARAMETERS = frozenset(
    ["from", "until", "item", "item_group", "all", "quantity", "unit", "channel", "currency", "country", "known_at"]
)


class ChangesStart(Struct):
    """The first line: for whom and when changes follow, and the revision that all of them are read from."""

    record: str
    customer: str | None
    begins_at: str
    ends_at: str
    quantity: Amount
    channel: str | None
    currency: str
    revision: int
    epoch: str


class ChangedRule(Struct):
    """A rule that begins or ends to apply at that moment, or applies with another value."""

    rule: str
    step: str
    label: str | None
    change: str
    value: Amount | None


class ChangeLine(Struct):
    """One change of an item's price."""

    record: str
    item: str
    name: str | None
    at: str
    unit: str
    per: Amount
    currency: str
    before: Amount | None
    after: Amount | None
    gross_before: Amount | None
    gross_after: Amount | None
    difference: Amount | None
    difference_percent: Amount | None
    rules: list[ChangedRule]
    reason_before: str | UnsetType = UNSET
    reason_after: str | UnsetType = UNSET


class TooManyLine(Struct):
    """An item whose price was not followed to the end of the period."""

    record: str
    item: str
    at: str


class ChangesFinish(Struct):
    """The last line; without it the changes are not whole."""

    record: str
    items: int
    changes: int


class PriceChangeDoor:
    """Streams what will change."""

    def __init__(self, database: Database, prices: PriceDoor, streams: Streams, clock: Callable[[], datetime]) -> None:
        self._database, self._prices, self._streams, self._clock = database, prices, streams, clock

    async def price_changes(self, request: Request, key: ApiKey) -> Response:
        """The changes of a customer's prices in a period: they tell the future, so they need explain:full."""
        require(key, "prices:read")
        require(key, "explain:full")
        said = single(query_of(request.scope["query_string"]), PARAMETERS)
        now = self._clock()
        asked, until = self._asked(request.path_params["code"], said, key, now)
        choice = _choice(said)
        known_at = self._prices.known_at(said.get("known_at"), now)
        language = language_of(request.headers.get("accept-language", "").encode("latin-1")) or None
        return await self._streams.opened(
            lambda: _pieces(price_changes(self._database, asked, until, choice, known_at), language), media_type=NDJSON
        )

    def _asked(self, code: str, said: dict[str, str], key: ApiKey, now: datetime) -> tuple[Asked, datetime]:
        company = self._prices.company()
        start = instant_of(said["from"], "from", company) if "from" in said else now
        until = end_of(said["until"], "until", company) if "until" in said else start + PERIOD_DEFAULT
        if not start < until <= start + PERIOD_MAX:
            text = f"A period of 1 to {PERIOD_MAX.days} days begins at `from` and ends at `until`."
            raise malformed("until", "out_of_range", text, "Send an `until` behind `from`, and not too far.")
        if "unit" in said and "item" not in said:
            raise malformed("unit", "too_many", "A unit is one item's.", "Send item too, or leave unit out.")
        channel = checked_code(said["channel"], "channel") if "channel" in said else key.channel
        asked = Asked(
            "", start, customer=checked_code(code, "customer"), channel=channel,
            quantity=quantity_of(said.get("quantity", "1")),
            unit=checked_code(said["unit"], "unit") if "unit" in said else None,
            currency=checked_currency(said.get("currency")), country=checked_country(said.get("country")),
        )  # fmt: skip
        return asked, until


def _choice(said: dict[str, str]) -> Choice:
    item, group = said.get("item"), said.get("item_group")
    every = flag_of(said.get("all"), "all")
    if (item is not None) + (group is not None) + every > 1:
        text = "item, item_group and all exclude each other."
        raise malformed(
            "item_group" if item is not None and group is not None else "all", "too_many", text, "Send one."
        )
    return Choice(
        None if item is None else checked_code(item, "item"),
        None if group is None else checked_code(group, "item_group"),
        every,
    )


def _pieces(
    parts: Iterator[ChangesHead | tuple[PriceChange | TooMany, ...] | ChangesEnd], language: str | None
) -> Pieces:
    for part in parts:
        if isinstance(part, ChangesHead):
            asked, period = part.asked, (instant_text(part.asked.at), instant_text(part.until))
            start = ChangesStart(
                "price_changes", asked.customer, *period, plain(asked.quantity), asked.channel, part.currency,
                part.revision, part.epoch,
            )  # fmt: skip
            yield _line(start)
        elif isinstance(part, ChangesEnd):
            yield _line(ChangesFinish("end", part.items, part.changes))
        else:
            yield b"".join(_line(_change(one, language)) for one in part)


def _line(record: Struct) -> bytes:
    return encode(record) + b"\n"


def _change(found: PriceChange | TooMany, language: str | None) -> ChangeLine | TooManyLine:
    if isinstance(found, TooMany):
        return TooManyLine("too_many", found.item.code, instant_text(found.at))
    before, after = found.before, found.after
    digits = minor_digits(after.currency)
    per, (net_before, gross_before), (net_after, gross_after) = _of_the_same_per(before, after)
    difference = percent = None
    if net_before is not None and net_after is not None:
        difference, percent = EXACT.subtract(net_after, net_before), percent_between(net_before, net_after)
    line = ChangeLine(
        "change", found.item.code, text_in(found.item.name, language), instant_text(found.at), after.unit, plain(per),
        after.currency, _amount(net_before, digits), _amount(net_after, digits), _amount(gross_before, digits),
        _amount(gross_after, digits), _amount(difference, digits), None if percent is None else plain(percent),
        _rules(before, after, language),
    )  # fmt: skip
    if isinstance(before, NoPrice):
        line.reason_before = before.reason
    if isinstance(after, NoPrice):
        line.reason_after = after.reason
    return line


def _amount(value: Decimal | None, digits: int) -> Amount | None:
    return None if value is None else plain(value, digits)


Unit = tuple[Decimal | None, Decimal | None]


def _of_the_same_per(before: Outcome, after: Outcome) -> tuple[Decimal, Unit, Unit]:
    """For how many units both prices are told, and each of them net and gross."""
    pers = {outcome.per for outcome in (before, after) if isinstance(outcome, Price)}
    per = pers.pop() if len(pers) == 1 else Decimal(1)
    return per, _unit(before, per), _unit(after, per)


def _unit(outcome: Outcome, per: Decimal) -> Unit:
    if isinstance(outcome, NoPrice):
        return None, None
    if outcome.per == per:
        return outcome.net_price, outcome.gross_price
    net, gross = (
        None if amount is None else EXACT.divide(EXACT.multiply(amount, per), outcome.per).quantize(NINE_PLACES)
        for amount in (outcome.net_price, outcome.gross_price)
    )
    return net, gross


def _rules(before: Outcome, after: Outcome, language: str | None) -> list[ChangedRule]:
    """The rules of the two answers that are not in both, or have another value."""
    was = {(step[0], step[2]): step for step in before.steps if step[2] is not None}
    will = {(step[0], step[2]): step for step in after.steps if step[2] is not None}
    found = [(step, "begins" if place not in was else "changes") for place, step in will.items()
             if place not in was or was[place][4] != step[4]]  # fmt: skip
    found += [(step, "ends") for place, step in was.items() if place not in will]
    return [
        ChangedRule(rule or "", name, _label(label, language), change, None if value is None else plain(value))
        for (name, _, rule, label, value, _, _), change in found
    ]


def _label(label: Any, language: str | None) -> str | None:
    return text_in(label, language)
