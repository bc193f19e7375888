"""What a question of the naive resolver meets: parties, trees, lists, tax, and which rules apply at which value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Channel,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    Membership,
    PriceList,
    Rate,
    Selection,
    Tax,
    Unit,
)
from listino.core.rules import Rule, Scope, exceptions_of

NOTHING, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
SMALLEST = Decimal("0.000000001")
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
PARTY_ORDER = ("customer", "account", "customer_group", "channel")


@dataclass(frozen=True)
class Ask:
    """One question, as a caller puts it."""

    item: str
    at: datetime
    customer: str | None = None
    quantity: Decimal = ONE
    unit: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: tuple[str, ...] = ()


class Reach:
    """One question and all facts, walked through for whatever is wanted to know."""

    def __init__(self, facts: list[Fact], ask: Ask, base_currency: str, country: str | None) -> None:
        self.facts, self.ask, self.base_currency = facts, ask, base_currency
        item = self.one(Item, ask.item)
        if item is None:
            raise LookupError(ask.item)
        self.item: Item = item
        self.customer = self.one(Customer, ask.customer)
        self.channel = self.one(Channel, ask.channel)
        self.accounts = self._accounts()
        self.groups = self._groups()
        self.heights = self._heights()
        place = self.customer or self.channel
        own_country = (place.country if place else None) or (self.channel.country if self.channel else None) or country
        self.country = ask.country or own_country
        self.place = place if self.country == own_country else None
        self.tax_status = place.tax_status if place else None
        sources = [self.customer, *self.accounts, self.channel]
        currencies = [source.currency for source in sources if source is not None and source.currency]
        self.currency = ask.currency or (currencies[0] if currencies else base_currency)
        self.unit = ask.unit or self.item.unit
        self.lists = self._lists()
        self.tax = self._tax()
        self.factor = ONE + self.tax.percent / HUNDRED if self.tax else ONE

    def one(self, record: type[Any], code: str | None) -> Any:
        return next((fact for fact in self.facts if isinstance(fact, record) and fact.code == code), None)

    def every(self, record: type[Any]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, record)]

    def holds(self, fact: Any) -> bool:
        start, end = fact.valid_from, fact.valid_to
        return (start is None or start <= self.ask.at) and (end is None or self.ask.at < end)

    # Who asks, and for what.

    def _accounts(self) -> list[Account]:
        found: list[Account] = []
        code = self.customer.account if self.customer else None
        while (account := self.one(Account, code)) is not None and account not in found:
            found.append(account)
            code = account.parent
        return found

    def _groups(self) -> set[str]:
        memberships = [
            entry if isinstance(entry, Membership) else Membership(group=entry)
            for source in self._members()
            for entry in source.customer_groups
        ]
        return {membership.group for membership in memberships if self.holds(membership)}

    def _members(self) -> list[Any]:
        if self.customer is not None:
            return [self.customer, *self.accounts]
        return [self.channel] if self.channel is not None else []

    def _heights(self) -> dict[str, int]:
        parent = self.one(Item, self.item.variant_of) if self.item.variant_of else None
        level = list(self.item.item_groups or (parent.item_groups if parent else ()))
        self.brand = self.item.brand or (parent.brand if parent else None)
        heights: dict[str, int] = {}
        height = 0
        while level:
            heights |= {code: height for code in level if code not in heights}
            groups = [self.one(ItemGroup, code) for code in level]
            level = [group.parent for group in groups if group and group.parent and group.parent not in heights]
            height += 1
        return heights

    def _lists(self) -> dict[str, tuple[str | None, int, int]]:
        """Per list in reach: for whom it is assigned, how far up that account stands, in which sequence."""
        account_codes = [account.code for account in self.accounts]
        found: dict[str, list[tuple[int, int, int, str | None]]] = {"base": [(10, 0, 1 << 40, "base")]}
        for assignment in self.every(Assignment):
            party = next((name for name in PARTY_ORDER if getattr(assignment, name)), None)
            reached: dict[str, Any] = {
                "customer": [self.ask.customer],
                "account": account_codes,
                "customer_group": self.groups,
                "channel": [self.ask.channel],
            }
            if self.holds(assignment) and (party is None or getattr(assignment, party) in reached[party]):
                distance = account_codes.index(assignment.account) if assignment.account else 0
                order = PARTY_ORDER.index(party) if party else 9
                found.setdefault(assignment.list, []).append((order, distance, assignment.sequence, party))
        best = {code: min(grants, key=lambda grant: grant[:3]) for code, grants in found.items()}
        return {code: (party, distance, sequence) for code, (_, distance, sequence, party) in best.items()}

    def _tax(self) -> Tax | None:
        region, postcode = (self.place.region, self.place.postcode) if self.place else (None, None)
        fitting = [
            tax
            for tax in self.every(Tax)
            if tax.tax_class == self.item.tax_class
            and tax.country in (None, self.country)
            and tax.tax_status in (None, self.tax_status)
            and tax.region in (None, region)
            and (tax.postcode_from is None or (postcode is not None and tax.postcode_from <= postcode))
            and (tax.postcode_to is None or (postcode is not None and postcode <= tax.postcode_to))
            and self.holds(tax)
        ]
        fitting.sort(key=lambda tax: tax.code)
        fitting.sort(key=lambda tax: tax.valid_from or LONG_AGO, reverse=True)
        fitting.sort(
            key=lambda tax: (
                tax.country is None,
                tax.postcode_from is None and tax.postcode_to is None,
                tax.region is None,
                tax.tax_status is None,
            )
        )
        return fitting[0] if fitting else None

    def sold(self) -> bool:
        groups = [self.one(CustomerGroup, code) for code in self._all_groups()]
        own = [source.assortment for source in (self.customer, *self.accounts, *groups) if source and source.assortment]
        named = own[:1] + ([self.channel.assortment] if self.channel and self.channel.assortment else [])
        for assortment in (self.one(Assortment, code) for code in named):
            if assortment.exclude is not None and self._selected(assortment.exclude):
                return False
            if assortment.include is not None and not self._selected(assortment.include):
                return False
        return True

    def _all_groups(self) -> list[str]:
        entries = [entry for source in self._members() for entry in source.customer_groups]
        return list(dict.fromkeys(entry if isinstance(entry, str) else entry.group for entry in entries))

    def _selected(self, selection: Selection) -> bool:
        return (
            self.item.code in selection.items
            or self.item.variant_of in selection.items
            or any(code in selection.item_groups for code in self.heights)
            or self.brand in selection.brands
        )

    # Whether a rule applies, and at what value.

    def meets(self, scope: Rule | Scope) -> bool:
        """Whether all that a scope sets holds: all but time, list, currency and unit."""
        answers: dict[str, Callable[[Any], bool]] = {
            "customer": lambda code: code == self.ask.customer,
            "account": lambda code: code in [account.code for account in self.accounts],
            "customer_group": lambda code: code in self.groups,
            "ship_to": lambda code: code == self.ask.ship_to,
            "item": lambda code: code in (self.item.code, self.item.variant_of),
            "variant": lambda code: self.item.variant_of is not None and code == self.item.code,
            "item_group": lambda code: code in self.heights,
            "brand": lambda code: code == self.brand,
            "coupon": lambda code: code in self.ask.coupons,
            "channel": lambda code: code == self.ask.channel,
            "country": lambda code: code == self.country,
            "order_type": lambda code: code == self.ask.order_type,
        }
        return all(meets(code) for name, meets in answers.items() if (code := getattr(scope, name)) is not None)

    def excepted(self, scope: Scope) -> bool:
        return self.meets(scope) and scope.currency in (None, self.currency) and scope.unit in (None, self.unit)

    def applies(self, rule: Rule, in_list: str | None = None) -> bool:
        if rule.status != "active" or not self.holds(rule) or not self.meets(rule):
            return False
        if in_list is None and rule.list is not None and rule.list not in self.lists:
            return False
        if any(self.excepted(scope) for scope in exceptions_of(rule)):
            return False
        if rule.action == "percent" or (rule.action == "limit" and rule.basis is not None):
            if rule.currency not in (None, self.currency):
                return False
        elif rule.action != "limit" and self.rate(self.currency_of(rule)) is None:
            return False
        if rule.unit not in (None, self.unit) and (rule.action == "percent" or self.holding(rule.unit) is None):
            return False
        return rule.scale is None or self.value_of(rule) is not None

    def currency_of(self, rule: Rule) -> str:
        listed = self.one(PriceList, rule.list) if rule.list else None
        return rule.currency or (listed.currency if listed else None) or self.base_currency

    def rate(self, currency: str) -> Decimal | None:
        return self._rate(currency, self.currency)

    def _rate(self, one: str, other: str) -> Decimal | None:
        if one == other:
            return ONE
        for first, second, turned in ((one, other, False), (other, one, True)):
            dated = [r for r in self.every(Rate) if (r.currency, r.to_currency) == (first, second) and self.holds(r)]
            if dated:
                rate: Decimal = max(dated, key=lambda rate: (rate.valid_from or LONG_AGO, rate.code)).rate
                return ONE / rate if turned else rate
        if self.base_currency in (one, other):
            return None
        to_base, from_base = self._rate(one, self.base_currency), self._rate(self.base_currency, other)
        return to_base * from_base if to_base is not None and from_base is not None else None

    def holding(self, unit: str | None) -> Decimal | None:
        """How many of the item's own unit a unit holds."""
        if unit is None or unit == self.item.unit:
            return ONE
        for packaging in self.item.packagings:
            if packaging.unit == unit:
                return packaging.factor
        (asked, many), (own, few) = self._root(unit), self._root(self.item.unit)
        return many / few if asked == own else None

    def _root(self, code: str) -> tuple[str, Decimal]:
        factor = ONE
        while (unit := self.one(Unit, code)) is not None and unit.of is not None:
            code, factor = unit.of, factor * unit.factor
        return code, factor

    def quantity_for(self, rule: Rule) -> Decimal:
        return self.ask.quantity * self.held(self.unit) / self.held(rule.unit)

    def held(self, unit: str | None) -> Decimal:
        factor = self.holding(unit)
        if factor is None:
            raise LookupError(unit)
        return factor

    def tiers(self, rule: Rule) -> list[tuple[Decimal, Decimal | None]]:
        """(from, value) ascending; a tier up to a quantity begins above the one before it."""
        assert rule.scale is not None
        if rule.scale.tiers[0].from_ is not None:
            return [(tier.from_ or NOTHING, tier.value) for tier in rule.scale.tiers]
        edges = [NOTHING, *(tier.up_to + SMALLEST for tier in rule.scale.tiers if tier.up_to is not None)]
        values: list[Decimal | None] = [tier.value for tier in rule.scale.tiers]
        return list(zip(edges, [*values, None], strict=False))

    def value_of(self, rule: Rule) -> Decimal | None:
        """The value at the question's quantity, or None where no tier is reached."""
        if rule.scale is None:
            return rule.value if rule.value is not None else NOTHING
        quantity = self.quantity_for(rule)
        reached: list[Decimal | None] = [value for start, value in self.tiers(rule) if start <= quantity]
        return reached[-1] if reached else None

    def tier_of(self, rule: Rule) -> Decimal:
        """From which quantity the tier that is reached holds."""
        if rule.scale is None:
            return NOTHING
        return max(start for start, _ in self.tiers(rule) if start <= self.quantity_for(rule))
