"""What is noticed of one rule, of one price, of the rules of one key: asked by every road on which rules are saved."""

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from datetime import datetime

from listino.core.conflicts import conflicts, is_live, terms_of
from listino.core.deviations import Limited, OnePrice, Priced, at_a_glance, deviations, forbidden, holds_for
from listino.core.facts import Fact
from listino.core.findings import Checks, Finding
from listino.core.ready import Ready
from listino.core.rules import Rule
from listino.db.snapshot import Snapshot, company
from listino.flows.formulas import Formulas
from listino.flows.reach import Reach
from listino.flows.worth import Worth

BESIDE = ("tie", "never_wins", "tiers", "crowded_key")
PRICES = ("price_change", "below_cost", "zero_price")
PLACES = ("no_step", "no_access", "unassigned_list")


class Noticing:
    """The eyes of one change set: what they have looked up once is not looked up again."""

    def __init__(self, book: Snapshot, checks: Checks, now: datetime) -> None:
        self.checks, self.now = checks, now
        self._book = book
        self._company = company(book.reading)
        self.begin((), ())

    def begin(self, brought: Sequence[Fact], changed: Container[str]) -> None:
        """Lay over the book the facts that are brought; `changed` are the codes of rules that count there no more."""
        self.reach = Reach(self._book, self._company.currency, brought)
        self.worth = Worth(self._book, self._company, self.now, brought)
        self.formulas = Formulas(self._book, (fact for fact in brought if isinstance(fact, Rule)), changed)

    def of_key(self, rules: Sequence[Ready], saved: Collection[str]) -> Iterator[Finding]:
        """What is to be said of the saved ones among all the rules of one key."""
        if self.checks.looks_for(*BESIDE):
            yield from conflicts(rules, saved, self.reach.steps, self.now)

    def of_rule(self, rule: Rule) -> Iterator[Finding]:
        """What is to be said of a rule by itself: where it competes, and what it starts from."""
        if not is_live(rule, self.now):
            return
        if self.checks.looks_for(*PLACES):
            yield from self.reach.findings(rule)
        if rule.formula is not None and self.checks.looks_for("formula_loop"):
            yield from self.formulas.findings(rule)

    def at_a_glance(self, now: OnePrice, before: OnePrice | None) -> tuple[str, ...] | None:
        """Which checks notice a price of one value; None where that takes a longer look."""
        return at_a_glance(now, before, self.worth.cost(now), self.checks.price_change_percent)

    def of_price(self, now: Rule, before: Rule | None, beside: Sequence[Ready] = ()) -> Iterator[Finding]:
        """What is to be said of a price, beside what it was, or beside the one of its key that it follows."""
        if now.action != "price" or not is_live(now, self.now):
            return
        is_new, old = before is None, before if before is not None and before.status == "active" else None
        if is_new:
            old = _followed(now, beside)
        currency, unit = self.worth.terms(now)
        ratio, cost = self.worth.ratio(old, now) if old is not None else None, self.worth.cost(now)
        priced = Priced(Ready(now), Ready(old) if old is not None else None, is_new, ratio, cost, currency, unit)
        yield from deviations(priced, self.checks)

    def of_limit(self, limit: Ready, price: Ready, saved: Rule) -> Iterator[Finding]:
        """What is to be said of a limit and a price of its scope or of a narrower one."""
        if not (is_live(limit.rule, self.now) and is_live(price.rule, self.now)):
            return
        if holds_for(limit.rule, price.rule):
            ratio, cost = self.worth.ratio(limit.rule, price.rule), self.worth.cost(price.rule)
            yield from forbidden(Limited(limit, price, saved, ratio, cost))


def _followed(now: Rule, beside: Iterable[Ready]) -> Rule | None:
    """The price on the same terms that began last before a new one does."""
    terms, begins = terms_of(now), Ready(now).start
    older = [other for other in beside if other.start > begins and other.rule.code != now.code]
    for other in sorted(older, key=lambda ready: (ready.start, ready.rule.code)):
        if other.rule.action == "price" and other.rule.status == "active" and terms_of(other.rule) == terms:
            return other.rule
    return None
