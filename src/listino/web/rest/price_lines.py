"""The batch door: up to 1,000 lines in one context, each priced by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from listino.core.errors import Malformed, NotFound, Refused
from listino.core.question import NoPrice
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.live import settle
from listino.flows.price import Answered, Asked, Snapshot, line_of, prefetched, snapshot
from listino.flows.prior import priced
from listino.flows.provoked import book_on_purpose, check_item
from listino.web.answers import encode, moment, price_answer
from listino.web.asks import AskedLine, BatchAsk
from listino.web.auth import require
from listino.web.faults import problem_of
from listino.web.messages import PriceAnswer, Problem
from listino.web.reading import checked_code, checked_quantity
from listino.web.rest.batch_reading import Batch
from listino.web.rest.manual_reading import manual_of
from listino.web.rest.prices import PriceDoor, check_revision


class LinesTold(NamedTuple):
    """Lines by their names with what is answered to each; the moment, the book, and when the ledger was read."""

    lines: list[tuple[str, PriceAnswer | Problem]]
    at: datetime
    book: Snapshot
    usage_as_of: datetime | None


class BatchDoor:
    """Answers many questions in one context from one revision of the book."""

    def __init__(self, database: Database, prices: PriceDoor, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._prices = prices
        self._clock = clock

    def answered(self, batch: Batch[BatchAsk], key: ApiKey, language: str | None) -> bytes:
        """A batch answered line by line, as JSON.

        Errors:  Malformed for the context; a line's fault is that line's `error`.
        """
        told = self.told(batch, key, language)
        return (
            b'{"lines":[' + b",".join([_json(name, answer) for name, answer in told.lines]) + b"]"
            + moment(told.at, told.book, told.usage_as_of)
        )  # fmt: skip

    def told(self, batch: Batch[BatchAsk], key: ApiKey, language: str | None) -> LinesTold:
        """A batch answered line by line; all lines belong to one revision.

        Errors:  Malformed for the context; a line's fault is that line's answer.
        """
        require(key, "prices:read")
        ask, now, prices = batch.ask, self._clock(), self._prices
        context = replace(prices.context_of(ask, key, now), ladder=ask.ladder)
        known_at = prices.known_at(ask.known_at, now)
        book = snapshot(self._database, known_at, self._database.read_since(ask.min_revision))
        check_revision(book, ask.min_revision)
        if key.test:
            book = book_on_purpose(book, [line.item for line in ask.lines])
        full = key.may("explain:full")
        asked = [
            (line, batch.faults.get(index) or asked_line(context, line, index, key))
            for index, line in enumerate(ask.lines)
        ]
        questions = [one for _, one in asked if isinstance(one, Asked)]
        prefetched(book, questions)
        if prices.live is not None:
            settle(book, questions, prices.live, now)
        lines: list[tuple[str, PriceAnswer | Problem]] = []
        counted = False
        for place, (line, one) in enumerate(asked, 1):
            answer, answered = _line(book, one, language, full)
            lines.append((line.id or str(place), answer))
            if answered is None:
                continue
            counted = counted or answered.facts.counted
            if isinstance(answered.price, NoPrice) and known_at is None and isinstance(one, Asked):
                prices.note_unpriced(one, key)
        return LinesTold(lines, context.at, book, now if counted else None)


def asked_line(context: Asked, line: AskedLine, index: int, key: ApiKey) -> Asked | Refused:
    """What one line asks for in its context, or what is wrong with it; what is set by hand is in the key's name."""
    try:
        if key.test:
            check_item(line.item, f"lines[{index}].item")
        asked = line_of(
            context,
            checked_code(line.item, f"lines[{index}].item"),
            checked_quantity(line.quantity, f"lines[{index}].quantity", returned=True),
            None if line.unit is None else checked_code(line.unit, f"lines[{index}].unit"),
        )
        if line.manual:
            asked.manual = manual_of(line.manual, f"lines[{index}].manual", key.name)
        return asked
    except Malformed as error:
        return error


def _line(
    book: Snapshot, asked: Asked | Refused, language: str | None, full: bool
) -> tuple[PriceAnswer | Problem, Answered | None]:
    """One line's answer: its price, or its error; and what was found, if it was asked."""
    if isinstance(asked, Asked):
        try:
            answered = priced(book, asked)
            return price_answer(answered, asked.explain, language, full=full), answered
        except NotFound as error:
            if error.code != "unknown_item":
                raise  # An unknown customer or channel is the whole batch's fault.
            asked = error
        except Malformed as error:
            asked = error
    return problem_of(asked), None


def _json(name: str, answer: PriceAnswer | Problem) -> bytes:
    start = b'{"id":' + encode(name)
    if isinstance(answer, Problem):
        return start + b',"error":' + encode(answer) + b"}"
    return start + b"," + encode(answer)[1:]
