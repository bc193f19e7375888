"""One line of one customer, put together by hand: what the tests of the core ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from listino.core.arrange import arranged
from listino.core.breaks import starts_of
from listino.core.candidates import NOT_LISTED, Circle, Grant, ListPlace
from listino.core.facts import Item, Packaging, PriceList, Rate, Tax
from listino.core.question import Facts, NoPrice, Price, Question
from listino.core.ready import FOR_EVER, Ready
from listino.core.resolve import resolve
from listino.core.rules import Rule, Scale, Scheme, Tier
from listino.core.scheme import BASE, planned
from listino.core.schemes import agreement_first
from listino.core.windows import Window

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
NET22 = (Tax(code="VAT", percent=Decimal(22), country="IT"),)
PARTIES = {"contract": "customer", "house": "account", "club": "customer_group", "web": "channel", "all": None}


def d(text: str | int) -> Decimal:
    """A decimal, short enough for a table."""
    return Decimal(text)


def on(day: int, hour: int = 0) -> datetime:
    """A moment of the month in which the tests play."""
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def price(code: str, value: str | None = None, **said: Any) -> Rule:
    """A price rule."""
    return Rule(code=code, action="price", value=d(value) if value is not None else None, **said)


def off(code: str, percent: str, **said: Any) -> Rule:
    """A discount in percent."""
    return Rule(code=code, action="percent", value=d(percent), **said)


def limit(code: str, bound: str, value: str, **said: Any) -> Rule:
    """A lowest or highest price."""
    return Rule(code=code, action="limit", bound=bound, value=d(value), **said)


def scale(*tiers: tuple[str | None, str], up_to: bool = False) -> Scale:
    """A scale of (quantity, value)."""
    edges = [(None if at is None else d(at), d(value)) for at, value in tiers]
    if up_to:
        return Scale(tiers=tuple(Tier(up_to=edge, value=value) for edge, value in edges))
    return Scale(tiers=tuple(Tier(from_=edge, value=value) for edge, value in edges))


@dataclass
class World:
    """All that stands around the line."""

    item: Item = field(
        default_factory=lambda: Item(code="I", packagings=(Packaging(unit="BX", factor=Decimal(12)),), cost=Decimal(4))
    )
    currency: str = "EUR"
    base_currency: str = "EUR"
    country: str | None = "IT"
    channel: str | None = "web"
    scheme: Scheme = field(default_factory=agreement_first)
    lists: Mapping[str, PriceList] = field(default_factory=dict)
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    rates: Iterable[Rate] = ()
    taxes: tuple[Tax, ...] = ()
    formula_lists: tuple[str, ...] = ()
    refusal: str | None = None

    def facts(self, *rules: Rule) -> Facts:
        """The facts of the line with these rules in reach."""
        circle = self._circle()
        plan = planned(self.scheme)
        ready = [Ready(rule) for rule in rules]
        steps = arranged(plan, ready, circle)
        sources = {code: self._source(code, ready, circle) for code in self.formula_lists}
        factors = {packaging.unit: packaging.factor for packaging in self.item.packagings} | {self.item.unit: d(1)}
        starts = starts_of((*steps, *(source for source in sources.values())), self.item.unit, factors)
        return Facts(self.item, circle, steps, sources, self.taxes, factors, starts, self.refusal, timed=True)

    def ask(self, *rules: Rule, quantity: str = "1", **said: Any) -> Price | NoPrice:
        """The answer to a question about the line."""
        return resolve(self.question(quantity, **said), self.facts(*rules))

    def question(self, quantity: str = "1", **said: Any) -> Question:
        """A question about the line."""
        fields: dict[str, Any] = {"unit": self.item.unit, "currency": self.currency, "at": AT, "channel": self.channel}
        return Question(self.item.code, "C", d(quantity), **fields | said)

    def _circle(self) -> Circle:
        values = {"C": ("C",), "A": ("A", "AA"), "G": ("G", "H"), "S": ("S",), "I": (self.item.code, "PARENT")}
        values |= {"V": (self.item.code,), "T": ("T", "TT", "TTT"), "B": ("B",), "K": ("K",)}
        chain = {"base": ListPlace(self.lists.get("base", PriceList(code="base")), (Grant(BASE, 1 << 40, FOR_EVER),))}
        for code in {**PARTIES, **self.lists}:
            listed = self.lists.get(code, PriceList(code=code, currency="EUR"))
            chain.setdefault(code, ListPlace(listed, self.grants.get(code, (Grant(PARTIES.get(code), 0, FOR_EVER),))))
        rates: dict[tuple[str, str], tuple[Rate, ...]] = {}
        for rate in self.rates:
            pair = (rate.currency, rate.to_currency)
            rates[pair] = (*rates.get(pair, ()), rate)
        moded = any(grant.mode != "merge" for place in chain.values() for grant in place.grants)
        return Circle(
            values, dict(self.windows), chain, self.channel, self.country, self.currency, self.base_currency, rates,
            {"T": 0, "TT": 1, "TTT": 2}, moded=moded,
        )  # fmt: skip

    def _source(self, code: str, ready: list[Ready], circle: Circle) -> Any:
        alone = Circle(**{name: getattr(circle, name) for name in Circle.__slots__})
        alone.chain = {**circle.chain, code: ListPlace(circle.chain[code].list, NOT_LISTED)}
        rules = [one for one in ready if one.rule.list == code]
        return next(step for step in arranged(planned(self.scheme), rules, alone) if step.plan.kind == "price")


def ask(*rules: Rule, quantity: str = "1", **said: Any) -> Price | NoPrice:
    """The answer in a world where nothing else is said; words of the world and of the question may be mixed."""
    world = {name: said.pop(name) for name in World.__dataclass_fields__ if name in said and name != "currency"}
    if "currency" in said:
        world["currency"] = said["currency"]
    return World(**world).ask(*rules, quantity=quantity, **said)


def told(answer: Price | NoPrice) -> object:
    """An answer in one word: its unit price, or why there is none."""
    return answer.net_price if isinstance(answer, Price) else answer.reason


def winner(answer: Price | NoPrice) -> str | None:
    """The code of the rule that made the price."""
    return answer.steps[0][2] if answer.steps else None


def applied(answer: Price | NoPrice) -> list[str | None]:
    """The codes of the applied rules."""
    return [step[2] for step in answer.steps]


def reasons(answer: Price | NoPrice) -> dict[str, str]:
    """Why the others did not apply."""
    return {rule.code: reason for _, rule, reason, _ in answer.not_applied}
