"""Formulas that lead back to where they start: a list made from another that is made from the first."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from listino.core.errors import NotFound
from listino.core.findings import Finding
from listino.core.keys import LETTER_OF, code_key
from listino.core.rules import Rule, Scope, exceptions_of, source_of
from listino.db.book import TREE_HEIGHT_MAX
from listino.db.lookups import starting_from
from listino.db.snapshot import Snapshot, company, first_under
from listino.flows.circles import gathered_buyer
from listino.flows.wares import gathered_ware

# So many lists are followed one over the other, and so many formulas over one list are looked at.
LISTS_FOLLOWED_MAX = 16
FORMULAS_MAX = 1_000
# Values in another currency or unit are converted: these keep no two rules apart.
_CONVERTED = frozenset(["currency", "unit", "list"])
_SCOPE = tuple(field.name for field in fields(Scope) if field.name not in _CONVERTED)
_TREES = {"item_group": "item-groups", "account": "accounts"}
# What of a scope is known once the customer is: who it is, its accounts and its groups.
_PARTIES = ("C", "A", "G")
# By letter the codes that hold for an item or a customer.
Held = dict[str, tuple[str, ...]]


class Formulas:
    """The formulas over lists of a book with a change set laid over it."""

    def __init__(self, book: Snapshot, brought: Iterable[Rule], changed: Container[str]) -> None:
        """`brought` are the rules that are new or change, `changed` the codes whose rule of the book counts no more."""
        self._book = book
        self._changed = changed
        self._over: dict[str, list[Rule]] = {}
        self._brought: dict[str, list[Rule]] = {}
        for rule in brought:
            source = source_of(rule)
            if source is not None and _counts(rule):
                self._brought.setdefault(source, []).append(rule)

    def findings(self, rule: Rule) -> Iterator[Finding]:
        """The loop that a rule closes, if it does."""
        source = source_of(rule)
        if source is None or rule.list is None or not _counts(rule):
            return
        if source == rule.list:
            text = f"Rule {rule.code!r} makes a price of list {source!r} from that same list."
            yield _loop(rule, text, ("rules", rule.code))
            return
        path = self._path(source, [rule])
        if path is not None:
            # Each rule makes its list from the list of the one behind it.
            chain = [path[0], *reversed(path[1:])]
            steps = ", ".join(f"{one.code!r} makes {one.list!r} from {source_of(one)!r}" for one in chain)
            text = f"Rule {rule.code!r} closes a loop of formulas: {steps}."
            yield _loop(rule, text, ("rules", path[1].code))

    def _path(self, wanted: str, path: list[Rule]) -> list[Rule] | None:
        """The rules that lead from the first one's list on to a list, each over the list of the one before."""
        last = path[-1].list
        if last is None or len(path) > LISTS_FOLLOWED_MAX:
            return None
        for rule in self._formulas(last):
            if rule.list is None or any(rule.list == one.list for one in path):
                continue
            longer = [*path, rule]
            if not self._could_meet(longer):
                continue
            found = longer if rule.list == wanted else self._path(wanted, longer)
            if found is not None:
                return found
        return None

    def _formulas(self, source: str) -> list[Rule]:
        if source not in self._over:
            kept = starting_from(self._book, source, FORMULAS_MAX)
            kept = [rule for rule in kept if rule.code not in self._changed and _counts(rule)]
            self._over[source] = kept + self._brought.get(source, [])
        return self._over[source]

    def _could_meet(self, rules: Sequence[Rule]) -> bool:
        """Whether there is sure to be a moment, an item and a customer for which all of some rules hold."""
        starts = [rule.valid_from for rule in rules if rule.valid_from is not None]
        ends = [rule.valid_to for rule in rules if rule.valid_to is not None]
        if starts and ends and max(starts) >= min(ends):
            return False
        wanted = {name: _distinct(getattr(rule, name) for rule in rules) for name in _SCOPE}
        wanted = {name: said for name, said in wanted.items() if said}
        wares = [self._goods(code) for name in ("variant", "item") for code in wanted.get(name, ())]
        buyers = [self._party(code) for code in wanted.get("customer", ())]
        return any(
            self._holds(wanted, ware | buyer) and not _excepted(rules, wanted, ware | buyer)
            for ware in wares or [{}]
            for buyer in buyers or [{}]
        )

    def _holds(self, wanted: dict[str, list[Any]], held: Held) -> bool:
        """Whether all that is wanted holds for one item and customer, as far as they are known."""
        for name, said in wanted.items():
            letter = LETTER_OF.get(name, "")
            if letter in held:
                if not set(said) <= set(held[letter]):
                    return False
            elif len(said) > 1 and not any(set(said) <= self._above(name, code) for code in said):
                return False
        return True

    def _goods(self, code: str) -> Held:
        try:
            return gathered_ware(self._book, code).values
        except NotFound:  # The same change set brings it.
            return {}

    def _party(self, code: str) -> Held:
        try:
            values = gathered_buyer(self._book, company(self._book.reading), code, None, None).values
        except NotFound:
            return {}
        return {letter: values[letter] for letter in _PARTIES}

    def _above(self, name: str, code: Any) -> set[Any]:
        """A code with those of all that stands above it, where it names a node of a tree."""
        found, kind = {code}, _TREES.get(name)
        for _ in range(TREE_HEIGHT_MAX if kind is not None else 0):
            above = first_under(self._book, code_key(kind or "", code))
            if above is None or above.parent is None:
                break
            code = above.parent
            found.add(code)
        return found


def _counts(rule: Rule) -> bool:
    """Whether a rule makes the prices of its list, now or one day."""
    return rule.formula is not None and rule.status == "active"


def _distinct(said: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in said:
        if value is not None and value not in found:
            found.append(value)
    return found


def _excepted(rules: Sequence[Rule], wanted: dict[str, list[Any]], held: Held) -> bool:
    """Whether one of the rules leaves out just what the others are for."""
    scopes = [scope for rule in rules for scope in exceptions_of(rule)]
    return any(
        all(
            code in held.get(LETTER_OF.get(name, ""), ()) or code in wanted.get(name, ())
            for name in _SCOPE
            if (code := getattr(scope, name)) is not None
        )
        for scope in scopes
    )


def _loop(rule: Rule, text: str, other: tuple[str, str]) -> Finding:
    remedy = "Start one of the formulas from another list, or from the cost."
    field = "formula.list" if rule.formula is not None and rule.formula.list is not None else "formula.basis"
    return Finding("formula_loop", ("rules", rule.code), field, text, remedy, other)
