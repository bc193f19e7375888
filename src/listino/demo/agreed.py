"""Prices that were agreed with one customer or account, outside every list: few have many, many have few."""

from collections.abc import Iterator
from random import Random

from listino.core.rules import Rule
from listino.demo import showcase
from listino.demo.amounts import amount
from listino.demo.breaks import PERS, scale
from listino.demo.days import ZONE, Days
from listino.demo.good import Good
from listino.demo.lists import CURRENCY_FACTORS
from listino.demo.parties import Parties

# The item of the examples is what everybody haggles about.
HOT_COUNT = 1_200
ACCOUNTS_SHARE = 0.25
BREAKS_SHARE = 0.12
# What ends at the end of the quarter, and what ended with last year.
ENDING_SHARE, ENDED_SHARE = 0.2, 0.1
OFF_MIN, OFF_SPAN = 0.2, 0.15

# Field, code, currency of the party that a price is agreed with.
Partner = tuple[str, str, str]
EXAMPLES = frozenset(
    [showcase.ELECTRICIAN, showcase.INSTALLER, showcase.ELECTRICIANS_ACCOUNT, showcase.INSTALLERS_ACCOUNT]
)


def agreed_prices(count: int, popular: list[Good], parties: Parties, *, days: Days, chance: Random) -> Iterator[Rule]:
    """So many agreed prices: first the many of the hot item, then pairs of a party and an item."""
    customers, accounts = _partners(parties)
    hot = next(good for good in popular if good.item.code == showcase.CABLE)
    wanted = [(partner, hot) for partner in chance.sample(customers, HOT_COUNT)]
    customers, accounts = chance.sample(customers, len(customers)), chance.sample(accounts, len(accounts))
    wanted += _pairs(count - HOT_COUNT, customers, accounts, popular=popular, chance=chance)
    windows = ((days.year(-1), days.year(0)), (None, days.quarter(1)), (None, None))
    for number, ((field, code, currency), good) in enumerate(wanted, 1):
        lot = chance.random()
        start, end = windows[0 if lot < ENDED_SHARE else 1 if lot < ENDED_SHARE + ENDING_SHARE else 2]
        off = (OFF_MIN + OFF_SPAN * chance.random()) * good.room
        price = int(good.price * CURRENCY_FACTORS[currency] * (1 - off))
        has_breaks = lot > 1 - BREAKS_SHARE
        yield Rule(
            code=f"K{number:05}",
            action="price",
            customer=code if field == "customer" else None,
            account=code if field == "account" else None,
            item=good.item.code,
            currency=currency,
            value=None if has_breaks else amount(price, good.digits),
            scale=scale(good, price, good.digits, (1 - lot) / BREAKS_SHARE) if has_breaks else None,
            per=PERS[good.per],
            final=None if 0.4 < lot < 0.6 else True,
            valid_from=start,
            valid_to=end,
            zone=ZONE if end is not None else None,
        )


def _partners(parties: Parties) -> tuple[list[Partner], list[Partner]]:
    """The customers and the accounts that may have prices of their own."""
    customers = [
        ("customer", party.customer.code, party.customer.currency or "EUR")
        for party in parties.customers
        if party.customer.account is not None and party.customer.code not in EXAMPLES
    ]
    accounts = [
        ("account", account.code, account.currency or "EUR")
        for account in parties.accounts
        if account.code not in EXAMPLES
    ]
    return customers, accounts


def _pairs(
    count: int, customers: list[Partner], accounts: list[Partner], *, popular: list[Good], chance: Random
) -> list[tuple[Partner, Good]]:
    """Pairs of a party and an item, none twice."""
    draw, seen = chance.random, set[tuple[str, int]]()
    pairs: list[tuple[Partner, Good]] = []
    while len(pairs) < count:
        partners = accounts if draw() < ACCOUNTS_SHARE else customers
        partner = partners[int(len(partners) * draw() ** 4)]
        place = int(len(popular) * draw() ** 2)
        good = popular[place]
        if (partner[1], place) not in seen and good.item.code != showcase.CABLE:
            seen.add((partner[1], place))
            pairs.append((partner, good))
    return pairs
