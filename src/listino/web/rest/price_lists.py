"""The doors of one customer's prices as a whole: all of them on a day, and what will change in a period."""

import csv
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.explain import text_in
from listino.core.money import minor_digits, plain
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.columns import GUARDED
from listino.flows.price import Asked
from listino.flows.price_list import ListedItem, ListEnd, ListHead, price_list
from listino.web.answers import break_line, encode, instant_text
from listino.web.auth import require
from listino.web.messages import Amount, BreakLine
from listino.web.reading import checked_code, instant_of, query_of, single
from listino.web.rest.prices import PriceDoor, checked_country, checked_currency, language_of
from listino.web.streams import NDJSON, Pieces, Streams

CSV = "text/csv"
FORMATS = {"ndjson": NDJSON, "csv": CSV}
CONTEXT = ("at", "known_at", "channel", "currency", "country")


class ListStart(Struct):
    """The first line: for whom and when the list holds, and the revision that all of it is read from."""

    record: str
    customer: str | None
    at: str
    channel: str | None
    currency: str
    revision: int
    epoch: str


class ListLine(Struct, rename={"from_": "from"}):
    """An item that the customer can buy, with its price and its breaks."""

    record: str
    item: str
    name: str | None
    unit: str
    per: Amount
    from_: Amount
    currency: str
    net_price: Amount
    gross_price: Amount | None
    list_price: Amount
    price_list: str | None
    tax_percent: Amount | None
    breaks: list[BreakLine]
    valid_until: str | None
    visibility: str | UnsetType = UNSET


class ListFinish(Struct):
    """The last line; without it the list is not whole."""

    record: str
    items: int
    without_price: int


# The columns of the CSV: the fields of a line but the first.
COLUMNS = ListLine.__struct_encode_fields__[1:]


class PriceListDoor:
    """Streams a customer's prices."""

    def __init__(self, database: Database, prices: PriceDoor, streams: Streams, clock: Callable[[], datetime]) -> None:
        self._database, self._prices, self._streams, self._clock = database, prices, streams, clock

    async def price_list(self, request: Request, key: ApiKey) -> Response:
        """Every item that a customer can buy."""
        require(key, "prices:read")
        said = single(query_of(request.scope["query_string"]), frozenset([*CONTEXT, "after", "format"]))
        format = said.get("format") or ("csv" if CSV in request.headers.get("accept", "") else "ndjson")
        if format not in FORMATS:
            raise malformed("format", "not_a_choice", f"format cannot be {format!r}.", "Send ndjson or csv.")
        asked, known_at = self._asked(request.path_params["code"], said, key)
        after = checked_code(said["after"], "after") if "after" in said else ""
        language = language_of(request.headers.get("accept-language", "").encode("latin-1")) or None
        form = csv_pieces if format == "csv" else ndjson_pieces
        return await self._streams.opened(
            lambda: form(self._database, asked, known_at, after, language), media_type=FORMATS[format]
        )

    def _asked(self, code: str, said: dict[str, str], key: ApiKey) -> tuple[Asked, int | datetime | None]:
        now = self._clock()
        at = instant_of(said["at"], "at", self._prices.company()) if "at" in said else now
        if at > now:
            require(key, "explain:full")
        channel = checked_code(said["channel"], "channel") if "channel" in said else key.channel
        asked = Asked(
            "", at, customer=checked_code(code, "customer"), channel=channel,
            currency=checked_currency(said.get("currency")), country=checked_country(said.get("country")),
        )  # fmt: skip
        return asked, self._prices.known_at(said.get("known_at"), now)


def ndjson_pieces(
    database: Database, asked: Asked, known_at: int | datetime | None, after: str = "", language: str | None = None
) -> Pieces:
    """A resolved price list as lines of JSON: its start, a line an item, its end."""
    for part in price_list(database, asked, known_at, after):
        if isinstance(part, ListHead):
            yield _line(ListStart("price_list", asked.customer, instant_text(asked.at), asked.channel, part.currency,
                                  part.revision, part.epoch))  # fmt: skip
        elif isinstance(part, ListEnd):
            yield _line(ListFinish("end", part.items, part.without_price))
        else:
            yield b"".join(_line(listed_line(one, language)) for one in part)


def csv_pieces(
    database: Database, asked: Asked, known_at: int | datetime | None, after: str = "", language: str | None = None
) -> Pieces:
    """The same as CSV: a header, and a row an item."""
    for part in price_list(database, asked, known_at, after):
        if isinstance(part, ListHead):
            yield (",".join(COLUMNS) + "\n").encode()
        elif not isinstance(part, ListEnd):
            text = StringIO()
            csv.writer(text, lineterminator="\n").writerows(_row(listed_line(one, language)) for one in part)
            yield text.getvalue().encode()


def _line(record: Struct) -> bytes:
    return encode(record) + b"\n"


def listed_line(listed: ListedItem, language: str | None) -> ListLine:
    """An item of a resolved price list as it is answered."""
    price, ladder = listed.price, listed.ladder
    digits = minor_digits(price.currency)
    line = ListLine(
        record="item",
        item=price.item,
        name=text_in(listed.item.name, language),
        unit=price.unit,
        per=plain(price.per),
        from_=plain(ladder[0][0] if ladder else price.quantity),
        currency=price.currency,
        net_price=plain(price.net_price, digits),
        gross_price=None if price.gross_price is None else plain(price.gross_price, digits),
        list_price=plain(price.list_price, digits),
        price_list=None if price.price_list is None else price.price_list.code,
        tax_percent=None if price.tax_fact is None else plain(price.tax_fact.percent),
        breaks=[break_line(start, rung, digits) for start, rung in ladder[1:]],
        valid_until=None if listed.valid_until is None else instant_text(listed.valid_until),
    )
    if price.price_list is not None and price.price_list.visibility != "shown":
        line.visibility = price.price_list.visibility
    return line


def _row(line: ListLine) -> list[str]:
    """A line as the cells of a row; what a spreadsheet would run stands behind an apostrophe."""
    cells = [getattr(line, name) for name in ListLine.__struct_fields__[1:]]
    texts = [_cell(cell) for cell in cells]
    return [f"'{text}" if GUARDED.match(text) else text for text in texts]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(f"{_start(one)}:{one.net_price}" for one in value)
    return "" if value is None or value is UNSET else str(value)


def _start(line: BreakLine) -> str:
    """From which quantity on: `10`, or `>10` for above 10."""
    return f">{line.above}" if line.above is not UNSET else str(line.from_)
