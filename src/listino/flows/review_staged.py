"""A large change set is looked at in its side file: what stands beside something is found there by key, not by row.

What only a rule of an unusual form can be (one of an unknown step, a formula, a limit) is seen as it is
read: such rows are few, or alike. Memory stays flat: what is kept is bounded, the rest is only counted.
"""

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime

from listino.core.facts import Assignment, Channel, Fact, Item, PriceList
from listino.core.findings import FINDINGS_KEPT_MAX, Checks, Finding
from listino.core.lookalikes import look_of
from listino.core.ready import Ready
from listino.core.rules import Rule, Scheme
from listino.db.codec import price_said, rule_of
from listino.db.snapshot import Snapshot
from listino.db.staged import Staged
from listino.flows.noticing import BESIDE, PRICES, Noticing
from listino.flows.reach import form_of
from listino.flows.review import similar

# So many forms of rules, formulas, and other facts that the rules stand beside are kept as they are read.
FORMS_MAX = 2_000
FORMULAS_MAX = 5_000
FACTS_MAX = 5_000
# So many rules that share a key are compared; a file with more is no mistake of one or two.
COMPARED_MAX = 100_000


class StagedReview:
    """One look at a change set that waits in a side file."""

    def __init__(self) -> None:
        self._forms: dict[Hashable, Rule] = {}
        self._formulas: list[Rule] = []
        self._facts: list[Fact] = []

    @property
    def has_formulas(self) -> bool:
        """Whether any of the rows is a formula."""
        return bool(self._formulas)

    def see(self, fact: Fact | None) -> None:
        """Take notice of a row that was read in full. Rows read by a pattern are of the form of two such."""
        if isinstance(fact, Rule):
            if len(self._forms) < FORMS_MAX:
                self._forms.setdefault(form_of(fact), fact)
            if fact.formula is not None and len(self._formulas) < FORMULAS_MAX:
                self._formulas.append(fact)
        elif isinstance(fact, Assignment | Channel | Scheme | PriceList | Item) and len(self._facts) < FACTS_MAX:
            self._facts.append(fact)

    def findings(self, book: Snapshot, staged: Staged, checks: Checks, now: datetime) -> Iterator[Finding]:
        """All that is to be said of the change set, once its rows are compared with the book and sorted by key."""
        formulas = [rule for rule in self._formulas if rule.code in staged]
        noticing = Noticing(book, checks, now)
        noticing.begin((*self._facts, *formulas), staged)
        if checks.looks_for("similar_code"):
            told: set[tuple[str, str]] = set()
            for kind, code, other in staged.alike():
                if (kind, code) not in told and code != other and look_of(code) == look_of(other):
                    told.add((kind, code))
                    yield similar(kind, code, other)
        for rule in {rule.code: rule for rule in (*self._forms.values(), *formulas)}.values():
            if rule.code in staged:  # Its row may have been taken out.
                yield from noticing.of_rule(rule)
        if checks.looks_for(*BESIDE):
            yield from _shared(staged, noticing)
        if checks.looks_for(*PRICES):
            yield from _replacing(staged, noticing)


def _shared(staged: Staged, noticing: Noticing) -> Iterator[Finding]:
    """What is to be said of rules that share a key, of limits among them too."""
    compared = 0
    for brought, staying in staged.shared():
        compared += len(brought) + len(staying)
        if compared > COMPARED_MAX:
            return
        rules = [Ready(rule_of(body)) for body in (*staying, *brought)]
        saved = {ready.rule.code for ready in rules[len(staying) :]}
        yield from noticing.of_key(rules, saved)
        yield from _limited(rules, saved, noticing)


def _limited(rules: Sequence[Ready], saved: set[str], noticing: Noticing) -> Iterator[Finding]:
    limits = [ready for ready in rules if ready.rule.action == "limit"]
    for limit in limits:
        for price in rules:
            if price.rule.action == "price" and not saved.isdisjoint((limit.rule.code, price.rule.code)):
                by = price if price.rule.code in saved else limit
                yield from noticing.of_limit(limit, price, by.rule)


def _replacing(staged: Staged, noticing: Noticing) -> Iterator[Finding]:
    """What is to be said of prices that change; new ones, in so large a set, are the company's own affair."""
    told = 0
    for rows in staged.replacing():
        said = [(price_said(now), price_said(before)) for now, before in rows]
        noticing.worth.fetch(now for now, _ in said if now.action == "price")
        for (now, before), (body, body_before) in zip(said, rows, strict=True):
            if now.action != "price":
                continue
            names = noticing.at_a_glance(now, before) if now.status == before.status == "active" else None
            if names and told >= FINDINGS_KEPT_MAX:
                # Nobody reads so many: they are only counted.
                yield from (Finding(name, ("rules", now.code), "value", "", "") for name in names)
            elif names != ():
                for finding in noticing.of_price(rule_of(body), rule_of(body_before)):
                    told += 1
                    yield finding
        noticing.worth.forget()
