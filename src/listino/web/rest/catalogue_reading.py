"""What is asked of a catalogue, read from a query; and the cursor by which it is read on."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

import msgspec

from listino.core.checks import decimal_fault
from listino.core.errors import Malformed, malformed
from listino.core.words import folded
from listino.flows.catalogue_order import SORTS, Key, Look, Mark, Wanted
from listino.flows.price import Asked
from listino.web.reading import check_number, checked_code, decimal_of
from listino.web.rest.prices import flag_of

LOOKED_BY = frozenset(
    ["q", "item_group", "brand", "price_min", "price_max", "in_stock", "sort", "limit", "after"]
)  # fmt: skip
ROWS_DEFAULT, ROWS_MAX = 48, 200
WORDS_MAX, SEARCH_LENGTH_MAX = 10, 200
CURSOR_LENGTH_MAX = 1_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode
_Cursor = tuple[int, str, int, str, list[int | str]]
_decoder = msgspec.json.Decoder(_Cursor)


def wanted_of(said: dict[str, str], asked: Asked, language: str | None) -> Wanted:
    """What is wanted of an asker's catalogue.

    Errors:  Malformed.
    """
    sort = said.get("sort", "code")
    if sort not in SORTS:
        remedy = "Send one of: " + ", ".join(SORTS) + "."
        raise malformed("sort", "not_a_choice", f"A catalogue is not sorted by {sort[:40]!r}.", remedy)
    low, high = _amount(said, "price_min"), _amount(said, "price_max")
    if low is not None and high is not None and low > high:
        raise malformed(
            "price_max", "out_of_range", "price_max is below price_min.", "Send the higher one as price_max."
        )
    wanted = Wanted(
        asked=asked,
        look=Look(_words(said.get("q")), _code(said, "item_group"), _code(said, "brand")),
        price_min=low,
        price_max=high,
        in_stock=flag_of(said.get("in_stock"), "in_stock"),
        sort=sort,
        language=language,
        limit=_limit(said.get("limit")),
    )
    return replace(wanted, after=_mark(said["after"], wanted)) if "after" in said else wanted


def cursor_of(mark: Mark | None, wanted: Wanted) -> str | None:
    """Where the next page begins, as `next` tells it and `after` says it."""
    if mark is None:
        return None
    key = [str(part) if isinstance(part, Decimal) else part for part in mark.key]
    micros = (mark.at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(_encode((mark.revision, mark.epoch, micros, _digest(wanted), key))).decode().rstrip("=")


def _mark(text: str, wanted: Wanted) -> Mark:
    """The mark of a cursor that belongs to the list that is asked for."""
    try:
        if len(text) > CURSOR_LENGTH_MAX:
            raise ValueError
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        revision, epoch, micros, digest, key = _decoder.decode(urlsafe_b64decode(padded))
        at = _EPOCH + micros * _MICROSECOND
        mark = Mark(revision, epoch, at, _key(key, wanted.sort) if digest == _digest(wanted) else ())
    except (ValueError, binascii.Error, msgspec.DecodeError, OverflowError, InvalidOperation):
        text = "That is no cursor of ours."
        raise malformed("after", "not_a_cursor", text, "Send `next` of the page before, as it is.") from None
    if not mark.key:
        text = "The cursor belongs to a list that was asked for otherwise."
        raise malformed("after", "other_list", text, "Send the same parameters with each page of a list.")
    return mark


def _key(parts: list[Any], sort: str) -> Key:
    """The key that a cursor names.

    Errors:  ValueError where it is none of that order.
    """
    kinds: tuple[type, ...] = {"price": (int, str, str), "name": (str, str)}.get(sort.lstrip("-"), (str,))
    if [type(part) for part in parts] != list(kinds):
        raise ValueError
    if kinds[0] is int:
        amount = Decimal(parts[1])
        if not amount.is_finite():
            raise ValueError
        return parts[0], amount, parts[2]
    return tuple(parts)


def _digest(wanted: Wanted) -> str:
    """What tells lists apart that are asked for otherwise; how long a page is may change."""
    asked = wanted.asked
    said = (
        asked.customer, asked.channel, asked.currency, wanted.look, wanted.price_min, wanted.price_max,
        wanted.in_stock, wanted.sort, wanted.language if wanted.sort.endswith("name") else None,
    )  # fmt: skip
    return blake2b(_encode(said), digest_size=8).hexdigest()


def _words(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    words = tuple(dict.fromkeys(folded(text).split()))
    if len(text) > SEARCH_LENGTH_MAX or len(words) > WORDS_MAX:
        text = f"A search has at most {WORDS_MAX} words of together {SEARCH_LENGTH_MAX} characters."
        raise malformed("q", "too_long", text, "Leave words out.")
    return words


def _amount(said: dict[str, str], field: str) -> Decimal | None:
    if field not in said:
        return None
    amount = decimal_of(said[field], field)
    fault = decimal_fault(field, amount)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    if amount < 0:
        raise malformed(field, "negative", f"{field} cannot be below 0.", "Send 0 or more.")
    return amount


def _code(said: dict[str, str], field: str) -> str | None:
    return checked_code(said[field], field) if field in said else None


def _limit(text: str | None) -> int:
    if text is None:
        return ROWS_DEFAULT
    check_number(text, "limit", f"Send 1 to {ROWS_MAX}.")
    if not 1 <= int(text) <= ROWS_MAX:
        raise malformed("limit", "out_of_range", f"A page has 1 to {ROWS_MAX} rows.", f"Send 1 to {ROWS_MAX}.")
    return int(text)
