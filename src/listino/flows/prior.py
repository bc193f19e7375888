"""A reduction is shown: the way back through what the item cost, each price as it was known and valid then.

Asked of what is announced to consumers alone, for one unit, without coupons; whoever was no customer yet
is asked for as the guest of the channel. What was found is remembered with the pair.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listino.core.errors import Malformed, NotFound
from listino.core.facts import Country
from listino.core.keys import code_key, is_rule_key, keys_of_shapes
from listino.core.limits import tax_factor
from listino.core.money import EXACT, ONE
from listino.core.prior import Applied, Further, NoPrior, Prior, Terms, prior_price, reduced_by, terms_of
from listino.core.question import Facts, NoPrice, Price, UnitPrice
from listino.core.validity import EARLIEST_AT, zone_named
from listino.db.past import Past, committed_at, first_revision_of, revision_before
from listino.db.snapshot import company
from listino.flows.circles import one
from listino.flows.price import Answered, Asked, KeptPrior, Pair, Snapshot, outcome_of, pair_for, price, question_for

# The way back asks for no more prices than this; beyond it there is no answer but `history_too_long`.
PRICED_MAX = 2_000


def priced(book: Snapshot, asked: Asked) -> Answered:
    """The answer to a price question, with the prior price where a reduction is shown.

    Errors:  as `price`.
    """
    return with_prior(book, asked, price(book, asked))


def with_prior(book: Snapshot, asked: Asked, answered: Answered) -> Answered:
    """An answer with the prior price, where it shows a reduction."""
    if answered.facts.announced and _is_reduced(answered.price, answered.facts):
        answered.prior = prior(book, asked)
    return answered


def prior(book: Snapshot, asked: Asked) -> Prior | NoPrior | None:
    """The lowest price applied before the current reduction of one unit began; None where none is to be told.

    Errors:  as `price`.
    """
    plain = replace(
        asked, quantity=ONE, coupons=(), explain="none", ladder=False, breaks=False, manual=(), usage={}
    )  # fmt: skip
    pair = pair_for(book, plain)
    kept, name = pair.prior, (asked.unit, asked.order_type)
    if kept is not None and kept.asked == name and kept.since <= asked.at and (not kept.until or asked.at < kept.until):
        return kept.found
    outcome = outcome_of(question_for(book, pair, plain), pair.facts)
    if isinstance(outcome, NoPrice):  # Not sold by the single unit: then by as many as are asked for.
        plain.quantity = asked.quantity
        outcome = outcome_of(question_for(book, pair, plain), pair.facts)
    found = None
    terms = _terms(book, pair)
    if terms is not None and isinstance(outcome, Price) and _is_reduced(outcome, pair.facts):
        found = _looked_back(book, plain, pair, outcome, terms)
    if plain.quantity == ONE:
        pair.prior = KeptPrior(name, asked.at, outcome.next_change_at, found)
    return found


def _is_reduced(outcome: Price | NoPrice, facts: Facts) -> bool:
    return bool(reduced_by(outcome.steps, facts.announced))


def _terms(book: Snapshot, pair: Pair) -> Terms | None:
    """What the country of the question asks for; the pair is no longer the same once that changes."""
    country, parts = pair.facts.circle.country, list(pair.parts)
    stated: Country | None = one(book, parts, "countries", country) if country is not None else None
    pair.parts = tuple(dict.fromkeys(parts))
    zone = zone_named(company(book.reading).zone) or zone_named("UTC")
    return terms_of(country, stated, pair.facts.item.perishable, zone) if zone is not None else None


def _looked_back(book: Snapshot, asked: Asked, pair: Pair, now: Price, terms: Terms) -> Prior | NoPrior:
    way = _WayBack(book, asked, pair, _applied(asked.at, now, pair.facts))
    reach = timedelta(days=terms.days + 1)
    while True:
        found = prior_price(way.history, terms, complete=way.complete)
        if not isinstance(found, Further):
            return found
        if way.stopped_by is not None:
            return NoPrior(way.stopped_by)
        way.go_back_to(found.back_to or asked.at - min(reach, asked.at - EARLIEST_AT))
        reach *= 2


def _applied(since: datetime, outcome: Price | NoPrice, facts: Facts) -> Applied:
    if isinstance(outcome, NoPrice):
        return Applied(since, None)
    unit_price = UnitPrice(outcome.net_price, outcome.gross_price, outcome.per, outcome.currency)
    paid = outcome.gross_price
    if outcome.tax_fact is not None and (outcome.price_list is None or outcome.price_list.tax_mode == "net"):
        paid = EXACT.multiply(outcome.net_price, tax_factor(outcome.tax_fact.percent))
    return Applied(since, unit_price, paid, reduced_by(outcome.steps, facts.announced))


@dataclass(slots=True)
class _Known:
    """A pair as it was known from a revision on, and the book as of then; None where nobody was sold anything."""

    pair: Pair | None
    book: Snapshot
    since: int


class _WayBack:
    """The prices that were applied, from the present back as far as was gone.

    Shapes:  history: oldest first; complete: nothing was before it; stopped_by: why it cannot go further.
    """

    def __init__(self, book: Snapshot, asked: Asked, pair: Pair, now: Applied) -> None:
        circle = pair.facts.circle
        self.history = [now]
        self.complete = False
        self.stopped_by: str | None = None
        self._book = book
        self._asked = replace(asked, currency=circle.currency, country=circle.country, channel=circle.channel)
        self._first = first_revision_of(book.reading, "items", asked.item)
        self._past = Past(book, book.revision)
        self._known = self._oldest = _Known(pair, book, book.revision)
        self._priced = 0

    def go_back_to(self, target: datetime) -> None:
        """Take in the prices from an instant on."""
        target = max(target, EARLIEST_AT)
        reading = self._book.reading
        floor = min(revision_before(reading, target), self._book.revision)
        if floor < self._past.floor:
            self._past = Past(self._book, floor)
            self._past.learn(self._keys(self._known.pair))
        while self.history[0].since > target and not self.complete and self.stopped_by is None:
            revision = min(revision_before(reading, self.history[0].since), self._book.revision)
            if revision < reading.history_from and self._first <= reading.history_from:
                self.stopped_by = "history_gone"
            elif revision < self._first:
                self._go_on_unknown(target)
            else:
                self._go_on(revision, target)
            if self._priced > PRICED_MAX or self._past.is_full:
                self.stopped_by = "history_too_long"
        self.complete = self.complete or self.history[0].since <= EARLIEST_AT

    def _go_on(self, revision: int, target: datetime) -> None:
        """Take in what was applied by what was known at a revision, back to the change that made it so."""
        known = self._known
        if known.since > revision:
            known = self._known = self._known_at(revision)
            self._past.learn(self._keys(known.pair))
        changed = self._past.last_change(revision)
        known.since = self._past.floor if changed is None else changed
        start = target if changed is None else max(target, committed_at(self._book.reading, changed))
        prices = self._prices(known, start)
        self.history[:0] = prices
        if any(applied.price is not None for applied in prices):
            self._oldest = known

    def _go_on_unknown(self, target: datetime) -> None:
        """Take in what was before the item was known: what was said of that time later, with its beginning."""
        first = self._outcome(self._oldest, EARLIEST_AT)
        begins_at = first.next_change_at if first is not None else None
        if begins_at is None or begins_at >= self.history[0].since:
            self.complete = True
            return
        start = max(target, begins_at)
        self.history[:0] = self._prices(self._oldest, start, stated=True)
        self.complete = start == begins_at

    def _known_at(self, revision: int) -> _Known:
        self._priced += 1
        book = self._past.as_of(revision)
        for asked in (self._asked, replace(self._asked, customer=None)):
            with suppress(NotFound):
                return _Known(pair_for(book, asked), book, revision)
        return _Known(None, book, revision)

    def _keys(self, pair: Pair | None) -> list[str]:
        """The keys under which a pair's facts were looked for, and those that tell whether there is one."""
        asked = self._asked
        codes = {"items": asked.item, "customers": asked.customer, "channels": asked.channel}
        keys = {code_key(kind, code) for kind, code in codes.items() if code is not None}
        if pair is not None:
            circle = pair.facts.circle
            keys.update(keys_of_shapes(self._past.shapes, {**circle.values, "L": tuple(circle.chain)}))
            parts = (*pair.parts, *pair.buyer.parts, *pair.ware.parts)
            keys.update(part for part in parts if not is_rule_key(part))
        return sorted(keys)

    def _prices(self, known: _Known, start: datetime, *, stated: bool = False) -> list[Applied]:
        """The prices from an instant until the history so far; with `stated` those whose rule says since when.

        None of them where there are too many.
        """
        found: list[Applied] = []
        at: datetime | None = start
        while at is not None and at < self.history[0].since:
            if self._priced > PRICED_MAX:
                return []
            outcome = self._outcome(known, at)
            if known.pair is None or outcome is None or (stated and not _says_since(outcome, known.pair.facts)):
                found.append(Applied(at, None))
            else:
                found.append(_applied(at, outcome, known.pair.facts))
            at = outcome.next_change_at if outcome is not None else None
        return found

    def _outcome(self, known: _Known, at: datetime) -> Price | NoPrice | None:
        """What was answered at an instant; None where there was nobody to ask, or the unit meant nothing."""
        self._priced += 1
        if known.pair is None:
            return None
        try:
            question = question_for(known.book, known.pair, replace(self._asked, at=at))
        except Malformed:
            return None
        return outcome_of(question, known.pair.facts)


def _says_since(outcome: Price | NoPrice, facts: Facts) -> bool:
    """Whether the rule that made a price says from when on it holds."""
    codes = {step[2] for step in outcome.steps if step[1] == "price"}
    return any(
        candidate.rule.code in codes and candidate.rule.valid_from is not None
        for step in facts.steps
        for candidate in step.live
    )
