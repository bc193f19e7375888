"""The price door: one item, asked in a query or as a message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from listino.core.errors import malformed
from listino.core.question import NoPrice
from listino.db.engine import Database, Reading
from listino.flows.access import ApiKey
from listino.flows.drift import Samples
from listino.flows.live import LivePrices, settle
from listino.flows.price import Asked, Company, Snapshot, company, line_of, snapshot
from listino.flows.prior import priced
from listino.flows.provoked import book_on_purpose, check_item
from listino.web.answers import encode, moment, price_answer, sealed
from listino.web.asks import BasketAsk, PriceAsk
from listino.web.auth import Guard, require
from listino.web.faults import answer_to
from listino.web.messages import PriceAnswer
from listino.web.on_purpose import marked
from listino.web.reading import (
    attributes_of,
    check_number,
    checked_attributes,
    checked_code,
    checked_quantity,
    instant_of,
    known_at_of,
    quantity_of,
    query_of,
    single,
)
from listino.web.reading import checked_country as checked_country
from listino.web.reading import checked_currency as checked_currency

EXPLAINS = ("none", "applied", "all")
JSON_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"private, no-store")]
REPEATED = ("attributes", "coupons")
PARAMETERS = frozenset(
    ["item", "customer", "quantity", "unit", "channel", "currency", "country", "ship_to", "order_type", "at",
     "delivery_at", "known_at", "explain", "ladder", "min_revision"]
)  # fmt: skip


# What is asked, as known when, and of which revision at least.
Question = tuple[Asked, int | datetime | None, int | None]


class PriceTold(NamedTuple):
    """A price or none, the moment it holds for, the book that it was read from; and when the ledger was, if it was."""

    answer: PriceAnswer
    at: datetime
    book: Snapshot
    usage_as_of: datetime | None


class PriceDoor:
    """Answers price questions from the book, in the handler itself: no thread, no router."""

    def __init__(
        self,
        database: Database,
        guard: Guard,
        clock: Callable[[], datetime],
        note_unpriced: Callable[[Asked, ApiKey], None],
        live: LivePrices | None = None,
    ) -> None:
        """`note_unpriced` is told of each question about now without a price; `live` asks the ERP, and takes time."""
        self.live = live
        self.samples: Samples | None = None
        self._database = database
        self._guard = guard
        self._clock = clock
        self.note_unpriced = note_unpriced
        self._company: tuple[str, Company] | None = None

    def company(self) -> Company:
        """The company; read once per time line, as it never changes within one."""
        reading = self._database.read()
        if self._company is None or self._company[0] != reading.epoch:
            self._company = (reading.epoch, company(reading))
        return self._company[1]

    def get(
        self, scope: dict[str, Any], item: str | None, ladder: bool
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """The answer to GET /v1/prices/{item}: status, body, headers. Errors are answers too."""
        try:
            authorization = language = unless = None
            for name, value in scope["headers"]:
                if name == b"authorization":
                    authorization = value
                elif name == b"accept-language":
                    language = language_of(value)
                elif name == b"if-none-match":
                    unless = value
            reading = self._database.read()
            key = self._guard.asking(authorization, reading, scope)
            now = self._clock()
            asked, known_at, min_revision = self._asked(scope["query_string"], item, key, now)
            if ladder:
                asked = replace(asked, ladder=True)
            seen = reading if min_revision is None else self._database.read_since(min_revision)
            told = self._told((asked, known_at, min_revision), key, language, seen, now)
            headers = JSON_HEADERS.copy() if not key.test else marked(asked.item) + JSON_HEADERS
            if told.usage_as_of is not None:  # What others order changes it, so there is no tag to ask by again.
                body = encode(told.answer)[:-1] + moment(asked.at, told.book, now)
                return 200, body, headers
            body, tag = sealed(told.answer, asked.at, told.book)
            headers.append((b"etag", tag))
            if unless is not None and tag in unless:
                return 304, b"", headers
        except Exception as error:
            return answer_to(error)
        return 200, body, headers

    def _told(
        self, question: Question, key: ApiKey, language: str | None, reading: Reading, now: datetime
    ) -> PriceTold:
        """The answer to one question, whichever way it was asked, from the book as it was just read."""
        asked, known_at, min_revision = question
        book = snapshot(self._database, known_at, reading)
        check_revision(book, min_revision)
        if key.test:
            check_item(asked.item, "item")
            book = book_on_purpose(book, [asked.item])
        if self.live is not None:
            settle(book, [asked], self.live, now)
        answered = priced(book, asked)
        if known_at is None and isinstance(answered.price, NoPrice):
            self.note_unpriced(asked, key)
        if self.samples is not None and known_at is None and not key.test:
            self.samples.note(asked, now)
        answer = price_answer(answered, asked.explain, language, full=key.may("explain:full"))
        return PriceTold(answer, asked.at, book, now if answered.facts.counted else None)

    def _asked(self, query: bytes, item: str | None, key: ApiKey, now: datetime) -> Question:
        require(key, "prices:read")
        pairs = query_of(query)
        said = single([pair for pair in pairs if pair[0] not in REPEATED], PARAMETERS, REPEATED)
        coupons: tuple[str, ...] = ()
        if len(said) < len(pairs):
            coupons = tuple(
                [
                    checked_code(code, "coupons")
                    for name, value in pairs
                    if name == "coupons"
                    for code in value.split(",")
                ]
            )
        if item is None:
            item = said.get("item")
            if item is None:
                raise malformed("item", "missing", "No item is named.", "Send /v1/prices/ITEM or ?item=ITEM.")
        at = instant_of(said["at"], "at", self.company()) if "at" in said else now
        explain = said.get("explain", "applied")
        check_rights(key, explain, at, now)
        asked = Asked(
            checked_code(item, "item"),
            at,
            customer=_code(said, "customer"),
            quantity=quantity_of(said.get("quantity", "1"), returned=True),
            unit=_code(said, "unit"),
            channel=_code(said, "channel") or key.channel,
            currency=checked_currency(said.get("currency")),
            country=checked_country(said.get("country")),
            ship_to=_code(said, "ship_to"),
            order_type=_code(said, "order_type"),
            coupons=coupons,
            explain=explain,
            ladder=flag_of(said.get("ladder"), "ladder"),
            attributes=attributes_of(pairs) if len(said) < len(pairs) else (),
            delivery_at=instant_of(said["delivery_at"], "delivery_at", self.company())
            if "delivery_at" in said
            else None,
        )
        known_at = self.known_at(said.get("known_at"), now)
        return asked, known_at, _revision(said.get("min_revision"))

    def told(self, ask: PriceAsk, key: ApiKey, language: str | None) -> PriceTold:
        """The answer to one question that came as a message.

        Errors:  Malformed; NotAllowed; NotFound.
        """
        require(key, "prices:read")
        now = self._clock()
        asked = line_of(
            self.context_of(ask, key, now),
            checked_code(ask.item, "item"),
            checked_quantity(ask.quantity, returned=True),
            None if ask.unit is None else checked_code(ask.unit, "unit"),
        )
        asked.ladder = ask.ladder
        known_at = self.known_at(ask.known_at, now)
        reading = self._database.read_since(ask.min_revision)
        return self._told((asked, known_at, ask.min_revision), key, language, reading, now)

    def known_at(self, said: str | int | None, now: datetime) -> int | datetime | None:
        """As of which revision or instant the caller wants the book; nothing is known of later ones."""
        known_at = known_at_of(said, self.company()) if said is not None else None
        if isinstance(known_at, datetime) and known_at > now:
            text = f"What will be known at {said} is not known yet."
            raise malformed("known_at", "unknown_revision", text, "Send an instant that has passed, or none.")
        return known_at

    def context_of(self, ask: BasketAsk | PriceAsk, key: ApiKey, now: datetime) -> Asked:
        """What holds for every line of a batch or basket.

        Errors:  Malformed; NotAllowed.
        """
        at = instant_of(ask.at, "at", self.company()) if ask.at is not None else now
        check_rights(key, ask.explain, at, now)
        if isinstance(ask, BasketAsk) and any(line.manual for line in ask.lines):
            require(key, "prices:manual")
        return Asked(
            "",
            at,
            customer=None if ask.customer is None else checked_code(ask.customer, "customer"),
            channel=key.channel if ask.channel is None else checked_code(ask.channel, "channel"),
            currency=checked_currency(ask.currency),
            country=checked_country(ask.country),
            ship_to=None if ask.ship_to is None else checked_code(ask.ship_to, "ship_to"),
            order_type=None if ask.order_type is None else checked_code(ask.order_type, "order_type"),
            coupons=tuple(checked_code(code, "coupons") for code in ask.coupons),
            explain=ask.explain,
            attributes=checked_attributes(ask.attributes),
            delivery_at=None if ask.delivery_at is None else instant_of(ask.delivery_at, "delivery_at", self.company()),
        )


def check_rights(key: ApiKey, explain: str, at: datetime, now: datetime) -> None:
    """Refuse what needs the scope explain:full: rules not applied, and prices of the future."""
    if explain not in EXPLAINS:
        raise malformed("explain", "not_a_choice", f"explain cannot be {explain!r}.", "Send none, applied or all.")
    if explain == "all" or at > now:
        require(key, "explain:full")


def check_revision(book: Snapshot, min_revision: int | None) -> None:
    """Refuse to answer from a book that is older than the caller knows it to be."""
    if min_revision is not None and min_revision < 0:
        raise malformed("min_revision", "out_of_range", "A revision is 0 or more.", "Send one that was answered.")
    if min_revision is not None and book.revision < min_revision:
        text = f"The book stands at revision {book.revision}, before {min_revision}."
        raise malformed("min_revision", "not_there_yet", text, "Send a revision that this installation answered.")


def language_of(header: bytes) -> str:
    """The first language of an Accept-Language header."""
    return header.decode("latin-1").partition(",")[0].partition(";")[0].strip()


def _code(said: dict[str, str], name: str) -> str | None:
    return checked_code(said[name], name) if name in said else None


def flag_of(text: str | None, field: str) -> bool:
    """A yes or no, or no where nothing is said.

    Errors:  Malformed.
    """
    if text not in {None, "true", "false", "1", "0"}:
        raise malformed(field, "not_a_choice", f"{field} cannot be {text!r}.", "Send true or false.")
    return text in {"true", "1"}


def _revision(text: str | None) -> int | None:
    if text is None:
        return None
    check_number(text, "min_revision", "Send the number of a revision.")
    return int(text)
