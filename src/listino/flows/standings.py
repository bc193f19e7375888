"""Where items stand in one asker's order by price: exact amounts, kept for as long as they are certain to hold.

An order is kept, no answer: what is shown of an item is priced anew each time.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from time import sleep
from typing import NamedTuple

from listino.core.keys import SEPARATOR, is_rule_key
from listino.core.ladder import ladder
from listino.core.money import EXACT
from listino.core.question import Facts, NoPrice, Price, Question
from listino.db.cache import Cache
from listino.db.change_log import touched_keys
from listino.db.snapshot import APART_SHARE, Snapshot
from listino.flows.ages import Ages
from listino.flows.browsing import FOR_OTHERS, UNSEEN, visibility_of
from listino.flows.many import ManyItems
from listino.flows.price import Asked
from listino.flows.register import Register, page_gone

# So many items are priced in one go: a piece of work of some hundredths of a second.
ITEMS_PER_PIECE = 250
# Where only some rows are wanted, so many more than these are looked at first: some items are not for the asker.
AHEAD = 15
# More items than these are not read into what the process remembers for everyone.
SHARED_ITEMS_MAX = 2_000
# As of an earlier revision no more than these are priced anew.
EARLIER_ITEMS_MAX = 2_000

# Where an item stands: by its amount, behind all amounts, or nowhere, as it is not for the asker.
PRICED, UNPRICED, ABSENT = 0, 1, 2
# The kinds of facts by whose change any price could change that was looked for under them, and more besides.
_OF_MANY_ITEMS = frozenset(["item-groups", "item-sets"])


class Standing(NamedTuple):
    """Where an item stands, from when until before when, and as of which revision that was found.

    Units:   amount per one of the item's own unit, as the channel shows it; None where there is none.
    """

    rank: int
    amount: Decimal | None
    since: datetime
    until: datetime | None
    revision: int = 0


class Asker:
    """Who asks, in which channel and currency, and the standings known of it."""

    def __init__(self, book: Snapshot) -> None:
        """Nothing is known of it yet."""
        self.lock = threading.Lock()
        self.forget(book)

    def forget(self, book: Snapshot) -> None:
        """Begin anew."""
        self.epoch = book.reading.epoch
        self.standings: Ages[Standing] = Ages(book.revision)
        # The parts of keys under which anything of it was looked for.
        self._reach: set[str] = set()
        self._since: datetime | None = None
        self._until: datetime | None = None

    def follow(self, book: Snapshot, register: Register) -> bool:
        """Take in the revisions up to the book's; False where nothing of it may be known any more."""
        standings = self.standings
        if standings.revision >= book.revision or self.epoch != book.reading.epoch:
            return self.epoch == book.reading.epoch
        keys = touched_keys(book.reading, standings.revision, book.revision)
        if keys is None:
            return False
        touched: set[str] = set()
        for key in keys:
            codes = self._concerned(key, register)
            if codes is None:
                return False
            touched.update(codes)
        standings.advance(book.revision, touched)
        return True

    def _concerned(self, key: str, register: Register) -> Iterable[str] | None:
        """The items whose price a touched key could change; None where it could be any."""
        if not is_rule_key(key):
            kind, _, code = key.partition(SEPARATOR)
            if kind == "items":
                return (code, *register.variants.get(code, ()))
            return None if kind in _OF_MANY_ITEMS or key in self._reach else ()
        goods: list[str] = []
        for part in key.split(SEPARATOR) if key else ():
            if part[0] in "IVTBZ":
                goods.append(part)
            elif part not in self._reach:
                return ()
        own = [part[1:] for part in goods if part[0] in "IV"]
        if own:
            return (own[0], *register.variants.get(own[0], ()))
        if not goods or goods[0][0] == "Z":
            return None
        return register.concerned(goods[0][0], goods[0][1:], self.standings.now)

    def knows(self, codes: Sequence[str], book: Snapshot, at: datetime, but: int) -> bool:
        """Whether it is known of these items, but for so many, where they stand at a moment."""
        missing = 0
        for start in range(0, len(codes), ITEMS_PER_PIECE):
            with self.lock:
                missing += len(self._unknown(codes[start : start + ITEMS_PER_PIECE], book.revision, at, {}))
            if missing > but:
                return False
        return True

    def of(
        self, codes: Sequence[str], book: Snapshot, context: Asked, enough: int | None = None
    ) -> dict[str, Standing]:
        """Where items stand at the context's moment: as known, or priced now, a piece at a time.

        With `enough` it goes through them in their order until so many are there for the asker.
        Who asks for the same meanwhile takes part in the work: between pieces others have their turn.
        Errors:  Gone (page_gone) where too much would have to be priced as of an earlier revision.
        """
        found: dict[str, Standing] = {}
        priced, many, apart = 0, None, False
        for piece in _pieces(codes, ITEMS_PER_PIECE if enough is None else enough + AHEAD):
            if enough is not None and sum(one.rank != ABSENT for one in found.values()) >= enough:
                break
            with self.lock:
                missing = self._unknown(piece, book.revision, context.at, found)
                if not missing:
                    continue
                if many is None:
                    many = ManyItems(book, context)
                found.update(self._priced(missing, many, book.revision))
            priced += len(missing)
            if priced > EARLIER_ITEMS_MAX and not book.newest:
                raise page_gone()
            if priced > SHARED_ITEMS_MAX and not apart:
                book, many, apart = replace(book, cache=Cache(APART_SHARE, book.revision), known={}), None, True
            sleep(0)
        return found

    def _unknown(
        self, codes: Sequence[str], revision: int, at: datetime, found: dict[str, Standing]
    ) -> list[str]:  # what is known goes into `found`
        """Those of some items of which it is not known where they stand."""
        kept, missing = self.standings, []
        others = kept.others(revision) if kept.floor <= revision < kept.revision else {}
        now = kept.now if revision >= kept.floor else {}
        holds = (self._since is None or self._since <= at) and (self._until is None or at < self._until)
        for code in codes:
            one = others[code] if code in others else now.get(code)
            # What was found later may have been otherwise then, where nobody knew of it yet.
            if one is None or one.revision > revision:
                missing.append(code)
            elif holds or (one.since <= at and (one.until is None or at < one.until)):
                found[code] = one
            else:
                missing.append(code)
        return missing

    def _priced(self, codes: list[str], many: ManyItems, revision: int) -> Iterator[tuple[str, Standing]]:
        keeps = revision == self.standings.revision
        self._reach.update(many.buyer.parts)
        for question, pair, outcome in many.outcomes(codes):
            code, standing = question.item, standing_of(outcome, (question, pair.facts), many.buyer.shows)
            self._reach.update(pair.parts)
            if keeps and not pair.facts.counted:
                self._keep(code, standing._replace(revision=revision))
            yield code, standing

    def refresh(self, at: datetime) -> None:
        """Look when the next of what is known ends, after some of it has."""
        with self.lock:
            if self._until is not None and self._until <= at:
                ends = [standing.until for standing in self.standings.now.values() if standing.until is not None]
                self._until = min(ends, default=None)

    def _keep(self, code: str, standing: Standing) -> None:
        kept = self.standings.now.get(code)
        if kept is not None and kept.since > standing.since:
            return  # A page that was begun earlier is being read on.
        self.standings.now[code] = standing
        if self._since is None or standing.since > self._since:
            self._since = standing.since
        if standing.until is not None and (self._until is None or standing.until < self._until):
            self._until = standing.until


def _pieces(codes: Sequence[str], first: int) -> Iterator[Sequence[str]]:
    """Items piece by piece; where the first is small, each that has to follow is twice as large."""
    start, size = 0, min(first, ITEMS_PER_PIECE)
    while start < len(codes):
        yield codes[start : start + size]
        start, size = start + size, min(2 * size, ITEMS_PER_PIECE)


def standing_of(outcome: Price | NoPrice, of: tuple[Question, Facts], shows: str) -> Standing:
    """Where an item stands by its price, which was found for a question from facts."""
    if isinstance(outcome, NoPrice):
        rank, amount = ABSENT if _is_absent(outcome, *of) else UNPRICED, None
    else:
        gross = outcome.gross_price if shows == "gross" else None
        amount = EXACT.divide(outcome.net_price if gross is None else gross, outcome.per)
        rank = {"hidden": ABSENT, "on_request": UNPRICED}.get(visibility_of(outcome), PRICED)
    return Standing(rank, amount if rank == PRICED else None, of[0].at, outcome.next_change_at)


def _is_absent(outcome: NoPrice, question: Question, facts: Facts) -> bool:
    """Whether an item is not for whoever asks: not in the assortment, or without a price however much is bought."""
    if outcome.reason in UNSEEN:
        return True
    with suppress(ArithmeticError):
        return outcome.reason in FOR_OTHERS and not ladder(question, facts)
    return outcome.reason in FOR_OTHERS
