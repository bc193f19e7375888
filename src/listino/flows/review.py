"""A change set is looked at before it is kept: what could tie, loop, overlap or be unreachable, or is a strange price.

Of the book only what stands under the keys of what changes is looked at, never the whole; and of that
only what stands beside something is read.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import localcontext
from typing import NamedTuple

from listino.core.facts import KIND_OF, Fact
from listino.core.findings import Checks, Finding, Findings
from listino.core.keys import LETTER_OF, SEPARATOR, keys_of_shapes, rule_key, shape_of
from listino.core.lookalikes import look_of
from listino.core.money import EXACT
from listino.core.ready import Ready
from listino.core.rules import BASE_LIST, Rule
from listino.db.book import Change
from listino.db.codec import price_said, rule_of
from listino.db.lookups import alike, written, written_under
from listino.db.snapshot import Snapshot
from listino.flows.noticing import PRICES, Noticing

# Where a price names goods, a limit is looked for under each part of its key that does.
GOODS = {LETTER_OF["item"], LETTER_OF["variant"]}
_A_LIMIT = '"action":"limit"'


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The outcome of a look at a change set.

    Shapes:  revision: of the book; keys: what of it was looked at; formulas: whether that were also all
             that start from some list; new: the rules that were not there.
    """

    revision: int
    keys: frozenset[str]
    formulas: bool
    new: frozenset[str]


class Saved(NamedTuple):
    """A rule that is new or changes, with its key, and what it was as it is written."""

    rule: Rule
    key: str
    before: str | None


def reviewed(book: Snapshot, changes: Sequence[Change], findings: Findings, now: datetime) -> Reviewed:
    """Look at a change set, and put what is noticed to the findings.

    Errors:  Malformed for what is to be refused; ToConfirm for what a person has to confirm and has not.
    """
    review = _Review(book, changes, findings.checks, now)
    with localcontext(EXACT):
        for finding in review.findings():
            findings.add(finding)
    findings.stop()
    formulas = any(saved.rule.formula is not None for saved in review.saved)
    return Reviewed(book.revision, frozenset(review.keys), formulas, frozenset(review.new))


def noticed(book: Snapshot, changes: Sequence[Change], checks: Checks, now: datetime) -> Iterator[Finding]:
    """What is to be said of a change set that is not kept yet."""
    yield from _Review(book, changes, checks, now).findings()


class _Review:
    """One look at a change set, laid over the book."""

    def __init__(self, book: Snapshot, changes: Sequence[Change], checks: Checks, now: datetime) -> None:
        self.book, self.checks = book, checks
        self.changed = {change.code for change in changes if change.kind == "rules"}
        self.ended = {(change.kind, change.code) for change in changes if change.fact is None}
        self.facts = [change.fact for change in changes if change.fact is not None]
        rules = [(rule_key(fact), fact) for fact in self.facts if isinstance(fact, Rule)]
        self.brought: dict[str, list[Rule]] = defaultdict(list)
        for key, rule in rules:
            self.brought[key].append(rule)
        self.keys: set[str] = set()
        self.written: dict[str, dict[str, str]] = {}
        self._parts_of: dict[str, list[str]] = {}
        self._besides: dict[str, list[Ready]] = {}
        self._alone: dict[str, bool] = {}
        self._limits_under: dict[str, list[Rule]] = {}
        self._read(rules)
        before = self._before(rules)
        self.new = {rule.code for _, rule in rules if rule.code not in before}
        self.saved = [Saved(rule, key, old) for key, rule in rules if _changes(rule, old := before.get(rule.code))]
        self.noticing = Noticing(book, checks, now)
        self.noticing.begin(self.facts, self.changed)

    def _read(self, rules: Sequence[tuple[str, Rule]]) -> None:
        """Read what stands under the keys of the rules, and where a limit could be that holds for them."""
        wanted = dict.fromkeys(key for key, _ in rules)
        if self.checks.looks_for("limit_forbids"):
            wanted |= dict.fromkeys(part for key, rule in rules for part in self._parts(key, rule))
        self.written = written_under(self.book, list(wanted))
        self.keys.update(wanted)

    def _before(self, rules: Sequence[tuple[str, Rule]]) -> dict[str, str]:
        """The rules as they were, by code."""
        found: dict[str, str] = {}
        elsewhere: list[tuple[str, str]] = []
        for key, rule in rules:
            body = self.written.get(key, {}).get(rule.code)
            if body is None:
                elsewhere.append(("rules", rule.code))
            else:
                found[rule.code] = body
        for (_, code), body in written(self.book, elsewhere).items():
            found[code] = body
            self.keys.add(rule_key(rule_of(body)))
        return found

    def _beside(self, key: str) -> list[Ready]:
        """The rules of a key as they will be."""
        if key not in self._besides:
            stay = [rule_of(body) for code, body in self.written.get(key, {}).items() if code not in self.changed]
            self._besides[key] = [Ready(rule) for rule in (*stay, *self.brought.get(key, ()))]
        return self._besides[key]

    def _is_alone(self, key: str) -> bool:
        if key not in self._alone:
            written = self.written.get(key, ())
            self._alone[key] = len(self.brought[key]) == 1 and all(code in self.changed for code in written)
        return self._alone[key]

    def findings(self) -> Iterator[Finding]:
        """All that is to be said of the change set."""
        if self.checks.looks_for("similar_code"):
            yield from self._similar()
        codes = {saved.rule.code for saved in self.saved}
        for key in dict.fromkeys(saved.key for saved in self.saved):
            if not self._is_alone(key) or any(rule.scale is not None for rule in self.brought[key]):
                yield from self.noticing.of_key(self._beside(key), codes)
        for saved in self.saved:
            yield from self.noticing.of_rule(saved.rule)
        prices = [saved for saved in self.saved if saved.rule.action == "price"]
        if prices and self.checks.looks_for(*PRICES):
            self.keys.update(self.noticing.worth.fetch(saved.rule for saved in prices))
            for saved in prices:
                yield from self._of_price(saved)
        if self.checks.looks_for("limit_forbids"):
            yield from self._limits(prices, codes)

    def _of_price(self, saved: Saved) -> Iterator[Finding]:
        rule, before = saved.rule, saved.before
        if before is None:
            if not self._is_alone(saved.key):
                yield from self.noticing.of_price(rule, None, self._beside(saved.key))
            elif self.noticing.at_a_glance(rule, None) != ():
                yield from self.noticing.of_price(rule, None)
        elif self.noticing.at_a_glance(rule, price_said(before)) != ():
            yield from self.noticing.of_price(rule, rule_of(before))

    def _limits(self, prices: Sequence[Saved], codes: set[str]) -> Iterator[Finding]:
        """Saved prices with the limits that always hold for them, and saved limits with such prices."""
        for saved in prices:
            for limit in self._limits_of(saved):
                yield from self.noticing.of_limit(Ready(limit), Ready(saved.rule), saved.rule)
        for saved in self.saved:
            if saved.rule.action == "limit":
                for price in (one for key in self._parts(saved.key, saved.rule) for one in self._beside(key)):
                    if price.rule.action == "price" and price.rule.code not in codes:
                        yield from self.noticing.of_limit(Ready(saved.rule), price, saved.rule)

    def _limits_of(self, price: Saved) -> Iterator[Rule]:
        for key in self._parts(price.key, price.rule):
            if key not in self._limits_under:
                stay = [body for code, body in self.written.get(key, {}).items() if code not in self.changed]
                found = [rule_of(body) for body in stay if _A_LIMIT in body]
                found += [rule for rule in self.brought.get(key, ()) if rule.action == "limit"]
                self._limits_under[key] = found
            yield from self._limits_under[key]

    def _parts(self, key: str, rule: Rule) -> Sequence[str]:
        """Under which keys the other half of a limit and its price could be.

        For a price: the parts of its key that name goods, where such keys are in use. For a limit: its
        own key, and within the list that everybody has.
        """
        if rule.action == "limit":
            return [key] if rule.list is not None else [key, rule_key(replace(rule, list=BASE_LIST))]
        if rule.action != "price":
            return ()
        shape = shape_of(key)
        if shape not in self._parts_of:
            used = {*self.book.shapes, *(shape_of(one) for one in self.brought)}
            self._parts_of[shape] = [one for one in used if set(one) <= set(shape) and not GOODS.isdisjoint(one)]
        within = self._parts_of[shape]
        if within == [shape]:
            return [key]
        return keys_of_shapes(within, {part[0]: (part[1:],) for part in key.split(SEPARATOR) if part})

    def _similar(self) -> Iterator[Finding]:
        """New records whose code looks like that of another."""
        by_kind: dict[str, dict[str, Fact]] = defaultdict(dict)
        for fact in self.facts:
            if not isinstance(fact, Rule):
                by_kind[KIND_OF[type(fact)]][fact.code] = fact
        for kind, facts in by_kind.items():
            there = written(self.book, [(kind, code) for code in facts])
            new = [code for code in facts if (kind, code) not in there]
            others: dict[str, list[str]] = defaultdict(list)
            for other in (*alike(self.book, kind, {look_of(code) for code in new}), *facts.values()):
                if (kind, other.code) not in self.ended:
                    others[look_of(other.code)].append(other.code)
            for code in new:
                near = next((other for other in others[look_of(code)] if other != code), None)
                if near is not None:
                    yield similar(kind, code, near)


def similar(kind: str, code: str, other: str) -> Finding:
    """That a new code looks like another."""
    text = f"{code!r} in {kind} looks like {other!r}, which is another code."
    return Finding("similar_code", (kind, code), "code", text, "Check that both are meant.", (kind, other))


def _changes(rule: Rule, before: str | None) -> bool:
    """Whether a rule is not already as it is written."""
    if before is None or (rule.value is not None and price_said(before).value != rule.value):
        return True
    return rule_of(before) != rule
