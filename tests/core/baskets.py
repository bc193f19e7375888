"""A basket put together by hand: what the tests of many lines ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from listino.core.arrange import arranged
from listino.core.basket import BasketLine, BasketPrice, BasketQuestion, gifts_wanted, priced_basket
from listino.core.basket_question import PricedLine
from listino.core.candidates import Circle, Grant, ListPlace
from listino.core.facts import Contract, Item, PriceList, Tax
from listino.core.keys import LETTER_OF
from listino.core.question import Facts, Price, Question
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import Offer, Requirement, Rule, Scheme
from listino.core.scheme import BASE, planned
from listino.core.schemes import agreement_first
from tests.core.lines import AT, d

VAT = {name: (Tax(code=name, percent=d(percent)),) for name, percent in (("standard", 22), ("reduced", 10))}


def listed(item: str, value: str, **said: Any) -> Rule:
    """An item's own price."""
    return Rule(code=f"P-{item}", action="price", list="base", item=item, value=d(value), **said)


def basket_off(code: str, percent: str, **said: Any) -> Rule:
    """A discount in percent on what the basket holds of its scope."""
    return Rule(code=code, action="percent", value=d(percent), step=said.pop("step", "order_discount"), **said)


def amount_off(code: str, value: str, **said: Any) -> Rule:
    """An amount off what the basket holds of its scope."""
    return Rule(code=code, action="amount", value=d(value), step=said.pop("step", "order_discount"), **said)


def bundle(code: str, value: str | None = None, **said: Any) -> Rule:
    """An offer that makes goods of the basket cheaper."""
    own = {name: said.pop(name) for name in list(said) if name in Offer.__dataclass_fields__ and name != "item"}
    numbers = ("quantity_from", "amount_from", "quantity", "units_max", "line_units_max")
    fields: dict[str, Any] = {name: d(part) if name in numbers else part for name, part in own.items()}
    offer = Offer(**fields)
    return Rule(code=code, action="bundle", offer=offer, value=None if value is None else d(value), **said)


def gift(code: str, given: str, value: str | None = None, **said: Any) -> Rule:
    """An offer that adds goods to the basket."""
    found = bundle(code, value, **said)
    return replace(found, action="free_goods", offer=replace(found.offer or Offer(), item=given))


def at_least(measure: str, bound: str, **said: Any) -> tuple[Requirement, ...]:
    """What must be bought for a rule."""
    return (Requirement(measure=measure, by=said.pop("by", "order"), from_=d(bound), **said),)


@dataclass
class Counter:
    """A shop counter: items with their groups, the rules, and who asks; of some items prices are with tax."""

    rules: tuple[Rule, ...] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scheme: Scheme = field(default_factory=agreement_first)
    listed: PriceList = field(default_factory=lambda: PriceList(code="base"))
    with_tax: str = ""
    taxes: Mapping[str, tuple[Tax, ...]] = field(default_factory=lambda: VAT)
    coupons: tuple[str, ...] = ()
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    currency: str = "EUR"
    customer: str | None = "C"

    def ask(self, *lines: tuple[str, ...], **said: Any) -> BasketPrice:
        """The answer to a basket of (item, quantity) or (item, quantity, id)."""
        return priced_basket(self.basket(*lines, **said))

    def basket(self, *lines: tuple[str, ...], **said: Any) -> BasketQuestion:
        """The question of a basket."""
        asked = tuple(
            self.line(line[2] if len(line) > 2 else str(index), line[0], line[1], said.get("usage"))
            for index, line in enumerate(lines, 1)
        )
        question = BasketQuestion(
            lines=asked, currency=self.currency, at=AT, coupons=self.coupons, explain="all",
        )  # fmt: skip
        question.gifts = {code: self.line("gift", code, "1") for code in gifts_wanted(asked)}
        return replace(question, **said)

    def line(self, id: str, item: str, quantity: str, usage: Mapping[str, Decimal] | None = None) -> BasketLine:
        """A line with the facts for it."""
        facts = self.facts(item)
        question = Question(
            item, self.customer, d(quantity), facts.item.unit, self.currency, AT, explain="all", usage=usage,
        )  # fmt: skip
        return BasketLine(id, question, facts)

    def facts(self, code: str) -> Facts:
        """The facts of an item for the customer."""
        item = self.items.get(code, Item(code=code))
        values: dict[str, tuple[str, ...]] = {
            "C": (self.customer,) if self.customer is not None else (), "I": (code,), "T": self.groups.get(code, ()),
            "K": self.coupons, "L": ("base",), "B": (item.brand,) if item.brand else (),
        }  # fmt: skip
        listed = replace(self.listed, tax_mode="gross") if code in self.with_tax else self.listed
        chain = {"base": ListPlace(listed, (Grant(BASE, 0, FOR_EVER),))}
        circle = Circle(values, {}, chain, None, None, self.currency, "EUR")
        own = [Ready(rule) for rule in self.rules if in_reach(rule, values)]
        steps = arranged(planned(self.scheme), own, circle)
        factors = {packaging.unit: packaging.factor for packaging in item.packagings} | {item.unit: d(1)}
        return Facts(
            item, circle, steps, {}, self.taxes.get(item.tax_class, ()), factors, timed=True, own_taxes=self.taxes,
            contracts=self.contracts, measured=True,
            counted=bool(self.contracts) or any(rule.caps is not None for rule in self.rules),
        )  # fmt: skip


def in_reach(rule: Rule, values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a rule would be found under a key of these values."""
    named = ((letter, getattr(rule, name)) for name, letter in LETTER_OF.items())
    return all(code is None or code in values.get(letter, ()) for letter, code in named)


def nets(answer: BasketPrice) -> dict[str, str]:
    """What each line comes to, by its item."""
    return {line.price.item: str(line.net) for line in answer.lines}


def off(answer: BasketPrice) -> Decimal:
    """What the basket takes off in all, in its tax mode."""
    return sum((share.amount for line in answer.lines for share in line.shares if share.kind == "allowance"), d(0))


def shares(line: PricedLine) -> list[tuple[str, str]]:
    """What each rule takes off a line, or adds to it."""
    return [(share.rule, str(share.amount)) for share in line.shares]


def reasons(answer: BasketPrice) -> dict[str, str]:
    """Why rules of the basket did not apply."""
    return {rule.code: reason for _, rule, reason, _ in answer.not_applied}


def applied(answer: BasketPrice) -> set[str]:
    """The rules of the basket that applied."""
    codes = {share.rule for line in answer.lines for share in line.shares}
    return codes | {gift.rule.code for gift in answer.free_goods} | {charge.rule.code for charge in answer.charges}


def unit_net(line: PricedLine) -> Decimal:
    """What one of a line comes to."""
    assert isinstance(line.price, Price)
    assert line.net is not None
    return line.net / line.price.quantity


def scheme_with(*steps: Any, base: Iterable[Any] = ()) -> Scheme:
    """A scheme with the line's own steps of the default one, and these for the basket."""
    own = tuple(step for step in agreement_first().steps if step.kind != "basket")
    return Scheme(code="own", steps=(*own, *base, *steps))
