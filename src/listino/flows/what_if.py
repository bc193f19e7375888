"""What a change set would do to past orders' lines, priced with it and without; nothing is written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from listino.core.checks import country_fault
from listino.core.errors import Refused
from listino.core.keys import code_key
from listino.core.margins import line_cost
from listino.core.margins import percent_of as percent_of
from listino.core.money import EXACT, ZERO
from listino.core.question import NoPrice
from listino.db.draft import Draft, laid_over
from listino.db.engine import Database
from listino.db.past_lines import PastLine, past_lines
from listino.db.past_lines import Which as Which
from listino.db.snapshot import Snapshot, first_under, snapshot_apart
from listino.flows.circles import unknown
from listino.flows.drafts import Reach
from listino.flows.price import Asked, learned, outcome_of, pair_for, parties_shared, prefetched, question_for

# So many different questions are priced in one go: a piece of work of about a tenth of a second.
QUESTIONS_PER_PIECE = 250


@dataclass(frozen=True, slots=True)
class Begun:
    """What is tried: how many records would change, for which moment, and beside which revision."""

    changes: int
    at: datetime
    revision: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines are done: `reading` (of a number not known yet), then `pricing`."""

    doing: str
    lines: int
    of: int | None


@dataclass(slots=True)
class Effect:
    """What the lines of one customer and item come to, without the draft and with it.

    Units:   quantity in `unit`, of all lines together; amounts net, in `currency`. Where there is no
             price on one of the sides there is a reason in place of its amount; a cost is None where any
             line's is not known.
    """

    customer: str | None
    item: str
    currency: str
    unit: str | None
    reason_before: str | None
    reason_after: str | None
    lines: int = 0
    quantity: Decimal = ZERO
    before: Decimal | None = None
    after: Decimal | None = None
    cost_before: Decimal | None = ZERO
    cost_after: Decimal | None = ZERO

    def margins(self) -> tuple[Decimal | None, Decimal | None]:
        """What is left of the amounts, before and after, once the goods are paid for."""
        return _less(self.before, self.cost_before), _less(self.after, self.cost_after)


@dataclass(slots=True)
class Sum:
    """The effects of one currency, added up over the lines that have a price on both sides.

    Units:   margins over those of them whose cost is known on both sides: `of_margin` are their net
             amounts (before, after).
    """

    currency: str
    lines: int = 0
    lines_changed: int = 0
    lines_without_price: int = 0
    lines_without_cost: int = 0
    before: Decimal = ZERO
    after: Decimal = ZERO
    margin_before: Decimal = ZERO
    margin_after: Decimal = ZERO
    of_margin: tuple[Decimal, Decimal] = (ZERO, ZERO)


@dataclass(slots=True)
class Total:
    """The end: all lines, those that the draft cannot concern and were only counted, and the sums by currency."""

    lines: int
    lines_untouched: int = 0
    sums: dict[str, Sum] = field(default_factory=dict)


Part = Begun | Progress | Effect | Total


def what_if(
    database: Database, draft_of: Callable[[Snapshot], Draft], which: Which, at: datetime
) -> Iterator[tuple[Part, ...]]:
    """Past lines as they would be asked at a moment: priced by the book, and by the book with a draft.

    Parts come in bounded pieces of work: what begins, progress, effects by customer and item, the total.
    Errors:  those of `draft_of`, before the first piece; NotFound for a customer or channel that neither
             the book nor the draft knows.
    """
    with snapshot_apart(database) as book:
        draft = draft_of(book)
        after = laid_over(book, draft)
        _check(after, which)
        yield (Begun(len(draft.changed) + len(draft.new), at, book.revision, book.reading.epoch),)
        with past_lines(book.reading.connection, which) as past:
            for lines in past.gathered():
                yield (Progress("reading", lines, None),)
            trial = _Trial(book, after, Reach(book, draft), Total(past.lines), at)
            done = 0
            for piece in past.asked(QUESTIONS_PER_PIECE):
                done += sum(line.lines for line in piece)
                yield (*trial.effects(piece), Progress("pricing", done, past.lines))
            yield (*trial.rest(), trial.total)


def _check(after: Snapshot, which: Which) -> None:
    for name, code in (("customer", which.customer), ("channel", which.channel)):
        if code is not None and first_under(after, code_key(f"{name}s", code)) is None:
            raise unknown(f"{name}s", name, code)


@dataclass(frozen=True, slots=True)
class _Side:
    """A line's net amount, or the reason why it has none; and what its goods cost."""

    net: Decimal | None
    reason: str | None
    cost: Decimal | None


class _Trial:
    """Lines on their way to effects: equal customer, item, currency and unit come one behind the other."""

    def __init__(self, book: Snapshot, after: Snapshot, reach: Reach, total: Total, at: datetime) -> None:
        self._book, self._after, self._reach, self._at = book, after, reach, at
        self.total = total
        self._open: dict[tuple[str | None, ...], Effect] = {}
        self._under: tuple[object, ...] = ()

    def effects(self, piece: Sequence[PastLine]) -> Iterator[Effect]:
        """The effects that are whole with these lines."""
        asked = [(line, _asked(line, self._at)) for line in piece]
        touched = self._touched(asked)
        self._after.known.clear()
        prefetched(self._book, [one for _, one in touched])
        for _, one in touched:
            with suppress(Refused):
                parties_shared(self._book, self._after, one, self._reach.named)
        # Where only rules of known shapes come and go, what the draft's side looks for has just been fetched.
        if self._reach.named or self._after.shapes != self._book.shapes:
            prefetched(self._after, [one for _, one in touched])
        for line, one in touched:
            under = line[:4]
            if under != self._under:
                yield from self.rest()
                self._under = under
            self._add(line, _side(self._book, one), _side(self._after, one))

    def _touched(self, asked: Sequence[tuple[PastLine, Asked]]) -> list[tuple[PastLine, Asked]]:
        """The lines that the draft can concern; the others are only counted."""
        book, reach = self._book, self._reach
        book.known.clear()
        learned(book, [code_key("items", one.item) for _, one in asked])
        if reach.looks_at_pairs:
            prefetched(book, [one for _, one in asked])
        touched = [(line, one) for line, one in asked if _is_touched(reach, one)]
        self.total.lines_untouched += sum(line.lines for line, _ in asked) - sum(line.lines for line, _ in touched)
        return touched

    def _add(self, line: PastLine, before: _Side, after: _Side) -> None:
        reasons = (before.reason, after.reason)
        effect = self._open.get(reasons)
        if effect is None:
            effect = self._open[reasons] = Effect(*line[:4], *reasons)
        times = Decimal(line.lines)
        effect.lines += line.lines
        effect.quantity = EXACT.add(effect.quantity, EXACT.multiply(Decimal(line.quantity), times))
        effect.before = _added(effect.before or ZERO, before.net, times)
        effect.after = _added(effect.after or ZERO, after.net, times)
        effect.cost_before = _added(effect.cost_before, before.cost, times)
        effect.cost_after = _added(effect.cost_after, after.cost, times)
        self._count(line, before, after)

    def _count(self, line: PastLine, before: _Side, after: _Side) -> None:
        found = self.total.sums.get(line.currency)
        if found is None:
            found = self.total.sums[line.currency] = Sum(line.currency)
        found.lines += line.lines
        if before.net is None or after.net is None:
            found.lines_without_price += line.lines
            return
        times = Decimal(line.lines)
        found.lines_changed += line.lines if before.net != after.net else 0
        found.before, found.after = _plus(found.before, before.net, times), _plus(found.after, after.net, times)
        if before.cost is None or after.cost is None:
            found.lines_without_cost += line.lines
            return
        found.of_margin = (_plus(found.of_margin[0], before.net, times), _plus(found.of_margin[1], after.net, times))
        found.margin_before = _plus(found.margin_before, EXACT.subtract(before.net, before.cost), times)
        found.margin_after = _plus(found.margin_after, EXACT.subtract(after.net, after.cost), times)

    def rest(self) -> Iterator[Effect]:
        """The effects of the lines that came last."""
        yield from self._open.values()
        self._open = {}


def _asked(line: PastLine, at: datetime) -> Asked:
    """The question of a past line, asked at a moment; what no price can be asked with is left out."""
    country = line.country
    if country is not None and country_fault("country", country) is not None:
        country = None
    return Asked(
        line.item, at, line.customer, Decimal(line.quantity), line.unit, line.channel, line.currency, country,
        coupons=line.coupons, explain="none", breaks=False,
    )  # fmt: skip


def _is_touched(reach: Reach, asked: Asked) -> bool:
    try:
        return reach.concerns(asked)
    except Refused:
        return True  # It has no price as things are: that is told, and the draft may bring what is missing.


def _side(book: Snapshot, asked: Asked) -> _Side:
    try:
        pair = pair_for(book, asked)
        question = question_for(book, pair, asked)
    except Refused as error:
        return _Side(None, error.code, None)
    outcome = outcome_of(question, pair.facts)
    if isinstance(outcome, NoPrice):
        return _Side(None, outcome.reason, None)
    return _Side(outcome.net, None, line_cost(question, pair.facts))


def _less(amount: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return None if amount is None or cost is None else EXACT.subtract(amount, cost)


def _added(total: Decimal | None, amount: Decimal | None, times: Decimal) -> Decimal | None:
    return None if total is None or amount is None else _plus(total, amount, times)


def _plus(total: Decimal, amount: Decimal, times: Decimal) -> Decimal:
    return EXACT.add(total, EXACT.multiply(amount, times))
