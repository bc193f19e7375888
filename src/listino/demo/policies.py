"""What comes after a price: discounts, promotions, agreed net prices, charges and limits."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from random import Random

from listino.core.rules import Rule, Scope, Text
from listino.demo import showcase
from listino.demo.amounts import amount
from listino.demo.breaks import PERS
from listino.demo.charges import charges, limits
from listino.demo.days import ZONE, Days
from listino.demo.good import Good
from listino.demo.parties import EXAMPLES_COUNT, Parties
from listino.demo.promotions import promotions
from listino.demo.tables import named, rows

POLICIES_COUNT = 300
CUSTOMER_DISCOUNTS_COUNT = 62
BRAND_DISCOUNTS_COUNT = 44
NET_PRICES_COUNT = 22
# Who buys by a list of its own gets little on top of it.
GROUPS_WITH_LIST = frozenset(
    "ELEC PLUMB BUILD JOIN METAL INDUS MACH SOLAR DIYS PUBLIC DEAL-A DEAL-B KEY CONSORT EXPORT SWISS USA".split()
)
GROUPS_WITHOUT_DISCOUNT = frozenset(["PRIVATE", "STAFF"])
NOT_ON_CLEARANCE = Scope(item_group="CA-OUT")


def policies(goods: tuple[Good, ...], parties: Parties, days: Days, chance: Random) -> Iterator[Rule]:
    """All of them, those of the examples first, exactly as many as the company keeps."""
    placed = [*showcase.policies(days), *charges(), *limits(), *promotions(days, chance)]
    placed += _customer_discounts(parties, chance)
    placed += _brand_discounts(parties, chance)
    placed += _net_prices(goods, days, chance)
    yield from placed
    yield from _group_discounts(POLICIES_COUNT - len(placed), days, chance)


def _customer_discounts(parties: Parties, chance: Random) -> list[Rule]:
    """A discount on everything, for what an account or a customer buys in a year."""
    accounts = chance.sample(parties.accounts[EXAMPLES_COUNT:], CUSTOMER_DISCOUNTS_COUNT * 3 // 4)
    branches = [party.customer.code for party in parties.customers if party.customer.account is not None]
    customers = chance.sample(branches[EXAMPLES_COUNT:], CUSTOMER_DISCOUNTS_COUNT - len(accounts))
    named_codes = [(account.code, None) for account in accounts] + [(None, code) for code in customers]
    return [
        Rule(
            code=f"C-{account or customer}",
            action="percent",
            step="customer_discount",
            account=account,
            customer=customer,
            value=Decimal(2 + int(chance.random() * 9)) / 2,
            label={"en": "Yearly turnover", "it": "Premio di fatturato", "de": "Jahresumsatz"},
        )
        for account, customer in named_codes
    ]


def _brand_discounts(parties: Parties, chance: Random) -> list[Rule]:
    """A discount on one maker's items, for a group or for one account."""
    brands = chance.sample([row for row in rows("brands") if row["code"] != "CAVITALIA"], BRAND_DISCOUNTS_COUNT)
    groups = [row for row in rows("customer_groups") if row["code"] not in GROUPS_WITHOUT_DISCOUNT]
    rules = []
    for index, brand in enumerate(brands):
        account = parties.accounts[EXAMPLES_COUNT + index] if index % 3 == 0 else None
        group = None if account is not None else chance.choice(groups)
        for_whom = account.code if account is not None else group["code"] if group is not None else ""
        rules.append(
            Rule(
                code=f"B-{for_whom}-{brand['code']}",
                action="percent",
                account=account.code if account is not None else None,
                customer_group=group["code"] if group is not None else None,
                brand=brand["code"],
                value=Decimal(3 + int(chance.random() * 8)),
                label=brand["name"],
            )
        )
    return rules


def _net_prices(goods: tuple[Good, ...], days: Days, chance: Random) -> list[Rule]:
    """Net prices for a group on which no discount is given any more."""
    chosen = chance.sample(goods[EXAMPLES_COUNT:], NET_PRICES_COUNT)
    return [
        Rule(
            code=f"N-{group}-{good.item.code}",
            action="price",
            customer_group=group,
            item=good.item.code,
            value=amount(int(good.price * (1 - 0.3 * good.room)), good.digits),
            per=PERS[good.per],
            currency="EUR",
            final=True,
            valid_from=days.quarter(0),
            valid_to=days.quarter(2),
            zone=ZONE,
            label={"en": "Net price", "it": "Prezzo netto", "de": "Nettopreis"},
        )
        for good in chosen
        for group in (chance.choice(("HOTEL", "AGRI", "FACIL", "ROOF", "HOSP")),)
    ]


def _group_discounts(count: int, days: Days, chance: Random) -> Iterator[Rule]:
    """Discounts for a customer group on a group of items; the nearest group of items counts."""
    items = [row for row in rows("item_groups") if row["parent"] and row["parent"] != "CA"]
    groups = [row for row in rows("customer_groups") if row["code"] not in GROUPS_WITHOUT_DISCOUNT]
    pairs = [
        (group, item)
        for group in groups
        for item in items
        if item["code"][:2] in group["departments"].split()
        and not (group["code"] == "ELEC" and item["code"].startswith("EL-CA"))
    ]
    for group, item in sorted(chance.sample(pairs, count), key=lambda pair: (pair[0]["code"], pair[1]["code"])):
        lot = chance.random()
        most = 5 if group["code"] in GROUPS_WITH_LIST else 14
        window: tuple[datetime | None, datetime | None] = (days.year(0), days.year(1)) if lot < 0.15 else (None, None)
        yield Rule(
            code=f"D-{group['code']}-{item['code']}",
            action="percent",
            customer_group=group["code"],
            item_group=item["code"],
            value=Decimal(4 + int(chance.random() * most * 2)) / 2,
            unless=NOT_ON_CLEARANCE if lot > 0.85 else None,
            valid_from=window[0],
            valid_to=window[1],
            zone=ZONE if window[0] is not None else None,
            label=_label(group, item),
        )


def _label(group: dict[str, str], item: dict[str, str]) -> Text:
    names = named(item)
    return {language: f"{name}, {names[language]}" for language, name in named(group).items()}
