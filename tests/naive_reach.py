"""What a question of the naive resolver meets: parties, trees, sets, lists, tax, and which rules concern it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Channel,
    Contract,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    ItemSet,
    Membership,
    PriceList,
    Quotation,
    Rate,
    Selection,
    Tax,
    Unit,
)
from listino.core.rules import Rule, Scheme, Scope, exceptions_of
from listino.core.schemes import READY_SCHEMES

NOTHING, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
PARTY_ORDER = ("customer", "account", "customer_group", "channel")
# What an item is told by, the narrowest first.
WAYS = (
    ("variant",), ("item",), ("item_set", "brand"), ("item_set",), ("item_group", "brand"), ("item_group",), ("brand",),
)  # fmt: skip


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
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    delivery_at: datetime | None = None
    usage: Mapping[str, Decimal] | None = None


@dataclass(frozen=True)
class Place:
    """Where a list stands in a customer's chain: for whom it is assigned, how far up, in which order."""

    party: str | None
    distance: int
    sequence: int
    mode: str = "merge"

    @property
    def order(self) -> tuple[int, int, int]:
        parties = (*PARTY_ORDER, None, "base")
        return parties.index(self.party), self.distance, self.sequence


class Reach:
    """One question and all facts, walked through for whatever is wanted to know."""

    def __init__(self, facts: list[Fact], ask: Ask, base_currency: str, country: str | None) -> None:
        self.facts, self.ask, self.base_currency = facts, ask, base_currency
        item = self.one(Item, ask.item)
        if item is None:
            raise LookupError(ask.item)
        self.item: Item = item
        self.parent = self.one(Item, item.variant_of) if item.variant_of else None
        self.customer = self.one(Customer, ask.customer)
        self.channel = self.one(Channel, ask.channel)
        self.accounts = self._accounts()
        self.groups = self._groups()
        self.heights = self._heights()
        self.sets = {found.code for found in self.every(ItemSet) if self.includes(found)}
        self.attributes = self._attributes()
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
        self.tax = self.tax_of(self.item.tax_class)
        self.factor = factor_of(self.tax)
        named = (self.channel.scheme if self.channel else None) or "agreement_first"
        self.scheme: Scheme = self.one(Scheme, named) or READY_SCHEMES[named]

    def one(self, record: type[Any], code: str | None) -> Any:
        return next((fact for fact in self.facts if isinstance(fact, record) and fact.code == code), None)

    def every(self, record: type[Any]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, record)]

    def holds(self, fact: Any, at: datetime | None = None) -> bool:
        start, end, at = fact.valid_from, fact.valid_to, at or self.ask.at
        return (start is None or start <= at) and (end is None or at < end)

    def newest(self, facts: list[Any]) -> Any:
        """Of those that hold the one that began last; of several the first of them."""
        found = [fact for fact in facts if self.holds(fact)]
        return max(found, key=lambda fact: fact.valid_from or LONG_AGO, default=None)

    # Who asks, and for what.

    def _accounts(self) -> list[Account]:
        found: list[Account] = []
        code = self.customer.account if self.customer else None
        while (account := self.one(Account, code)) is not None and account not in found:
            found.append(account)
            code = account.parent
        return found

    def _groups(self) -> list[str]:
        entries = [entry for source in self._members() for entry in source.customer_groups]
        memberships = [entry if isinstance(entry, Membership) else Membership(group=entry) for entry in entries]
        return list(dict.fromkeys(membership.group for membership in memberships if self.holds(membership)))

    def _members(self) -> list[Any]:
        if self.customer is not None:
            return [self.customer, *self.accounts]
        return [self.channel] if self.channel is not None else []

    def _heights(self) -> dict[str, int]:
        level = list(self.item.item_groups or (self.parent.item_groups if self.parent else ()))
        self.brand = self.item.brand or (self.parent.brand if self.parent else None)
        heights: dict[str, int] = {}
        height = 0
        while level:
            heights |= {code: height for code in level if code not in heights}
            groups = [self.one(ItemGroup, code) for code in level]
            level = [group.parent for group in groups if group and group.parent and group.parent not in heights]
            height += 1
        return heights

    def _attributes(self) -> dict[str, set[str]]:
        """What is said of who asks and what is asked for; what the question itself says stands in its place."""
        found: dict[str, set[str]] = {}
        for source in (self.customer, *self.accounts, self.channel, self.parent, self.item):
            for name, value in ((source.attributes or {}) if source is not None else {}).items():
                found.setdefault(name, set()).update((value,) if isinstance(value, str) else value)
        return found | {name: set(values) for name, values in self.ask.attributes}

    def _lists(self) -> dict[str, Place]:
        """The lists that are the asker's now, each as the narrowest party that it is assigned to."""
        account_codes = [account.code for account in self.accounts]
        found: dict[str, list[Place]] = {"base": [Place("base", 0, 1 << 40)]}
        for assignment in sorted(self.every(Assignment), key=lambda fact: str(fact.code)):
            party = next((name for name in PARTY_ORDER if getattr(assignment, name)), None)
            reached: dict[str, Any] = {
                "customer": [self.ask.customer],
                "account": account_codes,
                "customer_group": self.groups,
                "channel": [self.ask.channel],
            }
            if self.holds(assignment) and (party is None or getattr(assignment, party) in reached[party]):
                distance = account_codes.index(assignment.account) if assignment.account else 0
                place = Place(party, distance, assignment.sequence, assignment.mode)
                found.setdefault(assignment.list, []).append(place)
        return {code: min(places, key=lambda place: place.order) for code, places in found.items()}

    def tax_of(self, tax_class: str) -> Tax | None:
        region, postcode = (self.place.region, self.place.postcode) if self.place else (None, None)
        fitting = [
            tax
            for tax in self.every(Tax)
            if tax.tax_class == tax_class
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
        groups = [self.one(CustomerGroup, code) for code in self.groups]
        own = [source.assortment for source in (self.customer, *self.accounts, *groups) if source and source.assortment]
        named = own[:1] + ([self.channel.assortment] if self.channel and self.channel.assortment else [])
        return all(self.includes(self.one(Assortment, code)) for code in named)

    def includes(self, where: Assortment | ItemSet | Contract) -> bool:
        if where.exclude is not None and self._selected(where.exclude):
            return False
        return where.include is None or self._selected(where.include)

    def _selected(self, selection: Selection) -> bool:
        return (
            self.item.code in selection.items
            or self.item.variant_of in selection.items
            or any(code in selection.item_groups for code in self.heights)
            or self.brand in selection.brands
        )

    def contract(self, code: str) -> Contract | None:
        """The contract of a code where it is the asker's, in force, and of this item."""
        found: Contract | None = self.one(Contract, code)
        if found is None or not self.holds(found) or not self.includes(found):
            return None
        theirs = found.account is not None and found.account in [account.code for account in self.accounts]
        return found if theirs or (found.customer is not None and found.customer == self.ask.customer) else None

    def quoted(self, name: str) -> Quotation | None:
        named = [one for one in self.every(Quotation) if one.quotation == name]
        found: Quotation | None = self.newest(sorted(named, key=lambda one: str(one.code)))
        return found

    # Whether a rule concerns the question, quantities aside.

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
            "item_set": lambda code: code in self.sets,
            "coupon": lambda code: code in self.ask.coupons,
            "channel": lambda code: code == self.ask.channel,
            "country": lambda code: code == self.country,
            "order_type": lambda code: code == self.ask.order_type,
        }
        for name, wanted in (scope.attributes or {}).items():
            if not self.attributes.get(name, set()) & ({wanted} if isinstance(wanted, str) else set(wanted)):
                return False
        return all(meets(code) for name, meets in answers.items() if (code := getattr(scope, name)) is not None)

    def within(self, scope: Scope) -> bool:
        return self.meets(scope) and scope.currency in (None, self.currency) and scope.unit in (None, self.unit)

    def concerns(self, rule: Rule, in_list: str | None = None, any_money: bool = False) -> bool:
        """Whether a rule is in force for who asks and what is asked for, in a currency that can be had."""
        at = self.ask.delivery_at if rule.dated_by == "delivery" else None
        if rule.status != "active" or not self.holds(rule, at) or not self.meets(rule):
            return False
        if in_list is None and rule.list is not None and rule.list not in self.lists:
            return False
        # Whether a list prices an item at all does not hang on the unit and the currency that are asked for.
        scopes = [scope for scope in exceptions_of(rule) if not any_money or scope.unit is scope.currency is None]
        if any(self.within(scope) for scope in scopes):
            return False
        if any_money:
            return True
        if not in_money(rule):
            return rule.currency in (None, self.currency)
        return rule.action == "limit" or self.rate(self.currency_of(rule)) is not None

    # Money and units.

    def currency_of(self, rule: Rule) -> str:
        listed = self.one(PriceList, rule.list) if rule.list else None
        return rule.currency or (listed.currency if listed else None) or self.base_currency

    def rate(self, currency: str | None) -> Decimal | None:
        return self.rate_between(currency or self.base_currency, self.currency)

    def rate_between(self, one: str, other: str) -> Decimal | None:
        if one == other:
            return ONE
        for first, second, turned in ((one, other, False), (other, one, True)):
            stated = [rate for rate in self.every(Rate) if (rate.currency, rate.to_currency) == (first, second)]
            found: Rate | None = self.newest(sorted(stated, key=lambda rate: str(rate.code), reverse=True))
            if found is not None:
                return ONE / found.rate if turned else found.rate
        if self.base_currency in (one, other):
            return None
        to_base, from_base = self.rate_between(one, self.base_currency), self.rate_between(self.base_currency, other)
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

    def held(self, unit: str | None) -> Decimal:
        factor = self.holding(unit)
        if factor is None:
            raise LookupError(unit)
        return factor


def in_money(rule: Rule) -> bool:
    """Whether a rule's value is an amount of money."""
    return rule.action in ("price", "amount") or (rule.action == "limit" and rule.basis is None)


def factor_of(tax: Tax | None) -> Decimal:
    """What a net amount is multiplied by to become gross."""
    return ONE + tax.percent / HUNDRED if tax else ONE
