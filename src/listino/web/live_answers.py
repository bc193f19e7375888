"""What watched questions are answered now, from the book; with what a test key provokes on purpose, where it asks."""

from collections.abc import Sequence
from datetime import datetime
from time import monotonic

from listino.core.errors import Refused, Unavailable
from listino.db.engine import Database
from listino.flows.live import LivePrices
from listino.flows.price import Snapshot, snapshot
from listino.flows.provoked import book_on_purpose, check_item
from listino.flows.watching import Found, Shelf, found, prepared
from listino.web.on_purpose import PREFIX
from listino.web.watched import Answer, Line

# A piece of work ends after so long.
PIECE_S = 0.005

# Whether a line is told to a browser, and whether it is about what a test key provokes.
Kind = tuple[bool, bool]


def answers(database: Database, live: LivePrices | None, lines: Sequence[Line], now: datetime) -> list[Answer]:
    """The answers to some lines, or to as many of them as can be asked in a short time; one at least.

    Errors:  Unavailable.
    """
    end_s = monotonic() + PIECE_S
    book = snapshot(database)
    kinds: dict[Kind, list[Line]] = {}
    for line in lines:
        line.asked.at = now
        kinds.setdefault(_kind_of(line), []).append(line)
    books: dict[Kind, Snapshot | Refused] = {}
    stock: dict[str, list[Shelf]] = {}
    for kind, same in kinds.items():
        here = books[kind] = _book_of(book, kind, same)
        if isinstance(here, Snapshot):
            stock |= prepared(here, [line.asked for line in same], live, now, browsing=kind[0])
    told: list[Answer] = []
    for line in lines:
        here = books[_kind_of(line)]
        try:
            one = _found(here, line, stock.get(line.asked.item, ()))
            said = line.view.told(book, line.asked, one, now)
        except Unavailable:
            raise
        except Exception as error:  # One question must not keep the others from being answered.
            one = Found(error, (), None, None, counted=False)
            said = line.view.told(book, line.asked, one, now)
        told.append(Answer(line, one, *said, book.revision))
        if monotonic() > end_s and live is None:
            break
    return told


def _kind_of(line: Line) -> Kind:
    return line.view.browsing, line.view.test and line.asked.item.startswith(PREFIX)


def _book_of(book: Snapshot, kind: Kind, lines: Sequence[Line]) -> Snapshot | Refused:
    """The book that lines of a kind are asked of, or why there is none for them.

    What an item provokes of a whole request was told before the stream began.
    """
    if not kind[1]:
        return book
    try:
        return book_on_purpose(book, [line.asked.item for line in lines], refuses=False)
    except Refused as error:
        return error


def _found(book: Snapshot | Refused, line: Line, shelves: Sequence[Shelf]) -> Found:
    if isinstance(book, Refused):
        raise book
    if line.view.test and not line.view.browsing:
        check_item(line.asked.item, "item")
    return found(book, line.asked, shelves, browsing=line.view.browsing)
