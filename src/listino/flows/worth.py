"""What amounts of rules are worth beside each other and beside the cost, whatever unit and currency they are in."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import combinations

from listino.core.candidates import Circle
from listino.core.deviations import OnePrice
from listino.core.facts import Item, PriceList, Rate, Tax
from listino.core.keys import code_key, rate_key, tax_key
from listino.core.limits import tax_factor
from listino.core.money import EXACT, ONE
from listino.core.rates import rate_at
from listino.core.windows import holds
from listino.db.snapshot import Company, Snapshot, under
from listino.flows.terms import general_factor

# (currency, unit, per, net or gross): the terms in which an amount of a rule is stated.
Stated = tuple[str, str, Decimal, str]


class Worth:
    """Amounts of rules on one item, brought to each other's terms at the rates and taxes of a moment.

    What is not known (a rate, a unit, a cost) makes None, and nothing is compared.
    """

    def __init__(self, book: Snapshot, company: Company, at: datetime, brought: Iterable[object] = ()) -> None:
        """`brought` are facts that the same change set brings: they count in place of the book's."""
        self._book = book
        self._at = at
        self._company = company
        self._brought: dict[str, object] = {
            code_key("items" if isinstance(fact, Item) else "price-lists", fact.code): fact
            for fact in brought
            if isinstance(fact, Item | PriceList)
        }
        self._facts = dict(self._brought)

    def fetch(self, rules: Iterable[OnePrice]) -> list[str]:
        """Read the items and lists of rules in one go; what is returned are the keys that were read."""
        keys = {key for rule in rules for key in (_item_key(rule), _list_key(rule)) if key is not None}
        missing = sorted(keys - self._facts.keys())
        found = under(self._book, missing)
        self._facts |= {key: found[key][0] if key in found else None for key in missing}
        return missing

    def forget(self) -> None:
        """Let go of what was read, so that reading a large file holds no more than a part of it."""
        self._facts = dict(self._brought)

    def terms(self, rule: OnePrice) -> tuple[str, str]:
        """The currency and the unit of a rule's amounts."""
        currency, unit, _, _ = self._stated(rule)
        return currency, unit

    def ratio(self, rule: OnePrice, other: OnePrice) -> Decimal | None:
        """What an amount of a rule is multiplied by to stand in the terms of another on the same item."""
        mine, others = self._stated(rule), self._stated(other)
        if mine == others:
            return ONE
        return self._between(mine, others, rule)

    def cost(self, rule: OnePrice) -> Decimal | None:
        """The cost of the item in the terms of a rule's amounts."""
        item = self._item(rule)
        if item is None or item.cost is None:
            return None
        currency, unit, per, mode = self._stated(rule)
        if unit == item.unit and currency == (item.cost_currency or self._company.currency) and mode == "net":
            return item.cost if per is ONE else EXACT.multiply(item.cost, per)
        stated = (item.cost_currency or self._company.currency, item.unit, ONE, "net")
        ratio = self._between(stated, self._stated(rule), rule)
        return None if ratio is None else EXACT.multiply(item.cost, ratio)

    def _between(self, mine: Stated, others: Stated, rule: OnePrice) -> Decimal | None:
        rate = self._rate(mine[0], others[0])
        factor = self._factor(others[1], mine[1], self._item(rule))
        if rate is None or factor is None:
            return None
        ratio = EXACT.multiply(rate, EXACT.divide(EXACT.multiply(factor, others[2]), mine[2]))
        if mine[3] == others[3]:
            return ratio
        tax = self._tax_factor(self._item(rule))
        if tax is None:
            return None
        return EXACT.multiply(ratio, tax) if others[3] == "gross" else EXACT.divide(ratio, tax)

    def _stated(self, rule: OnePrice) -> Stated:
        item, price_list = self._item(rule), self._fact(_list_key(rule))
        listed = price_list if isinstance(price_list, PriceList) else None
        currency = rule.currency or (listed.currency if listed is not None else None) or self._company.currency
        unit = rule.unit or (item.unit if item is not None else "")
        return currency, unit, rule.per, listed.tax_mode if listed is not None else "net"

    def _item(self, rule: OnePrice) -> Item | None:
        found = self._fact(_item_key(rule))
        return found if isinstance(found, Item) else None

    def _fact(self, key: str | None) -> object:
        if key is None:
            return None
        if key not in self._facts:
            self._facts[key] = next(iter(under(self._book, (key,)).get(key, ())), None)
        return self._facts[key]

    def _factor(self, unit: str, own: str, item: Item | None) -> Decimal | None:
        """How many of one unit another holds, by the item's packagings or in general."""
        if unit == own:
            return ONE
        held = {} if item is None else {item.unit: ONE} | {one.unit: one.factor for one in item.packagings}
        if unit in held and own in held:
            return EXACT.divide(held[unit], held[own])
        return general_factor(self._book, [], unit, own) if unit and own else None

    def _rate(self, currency: str, to_currency: str) -> Decimal | None:
        """The rate of the moment, as stated, turned round, or over the company's currency."""
        if currency == to_currency:
            return ONE
        base = self._company.currency
        ways = [
            pair
            for one, other in combinations({currency, to_currency, base}, 2)
            for pair in ((one, other), (other, one))
        ]
        found = under(self._book, [rate_key(*pair) for pair in ways])
        rates: dict[tuple[str, str], tuple[Rate, ...]] = {pair: found.get(rate_key(*pair), ()) for pair in ways}
        circle = Circle({}, {}, {}, None, None, to_currency, base, rates)
        return rate_at(currency, to_currency, self._at, circle)

    def _tax_factor(self, item: Item | None) -> Decimal | None:
        """What a net amount of the item is multiplied by at home, for whoever has no standing of his own."""
        tax_class = item.tax_class if item is not None else "standard"
        keys = (tax_key(tax_class, self._company.country), tax_key(tax_class, None))
        found = under(self._book, keys)
        taxes: list[Tax] = [tax for key in keys for tax in found.get(key, ()) if self._holds(tax)]
        usual = [
            tax for tax in taxes if (tax.region, tax.postcode_from, tax.postcode_to, tax.tax_status) == (None,) * 4
        ]
        return tax_factor(usual[0].percent) if usual else None

    def _holds(self, tax: Tax) -> bool:
        return holds(((tax.valid_from, tax.valid_to),), self._at)


def _item_key(rule: OnePrice) -> str | None:
    code = rule.variant or rule.item
    return code_key("items", code) if code is not None else None


def _list_key(rule: OnePrice) -> str | None:
    return code_key("price-lists", rule.list) if rule.list is not None else None
