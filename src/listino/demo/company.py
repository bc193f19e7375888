"""The company as a whole: its facts, its people, its orders, and what to ask it.

Each function wants chance in the same state, as `Random(SEED)` is when it is new: then facts,
people and orders speak of the same customers and items.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from listino.core.facts import Fact
from listino.demo import history, showcase
from listino.demo.catalogue import sorting, units
from listino.demo.days import DAY, Days
from listino.demo.goods import goods
from listino.demo.lists import assignments, price_lists
from listino.demo.parties import Person, parties
from listino.demo.policies import policies
from listino.demo.prices import prices
from listino.demo.taxes import rates, taxes

SEED = 20_260_101


def facts(chance: Random, today: date = DAY) -> Iterator[Fact]:
    """All facts of the company, each after those that it names."""
    days = Days(today)
    everyone, sold = parties(_own(chance), days), goods(_own(chance))
    chance_of_rates, chance_of_prices, chance_of_policies = _own(chance), _own(chance), _own(chance)
    yield from units()
    yield from sorting()
    yield from everyone.accounts
    yield from (party.customer for party in everyone.customers)
    yield from (good.item for good in sold)
    yield from price_lists()
    yield from rates(chance_of_rates)
    yield from taxes()
    yield from assignments(everyone, days)
    yield from policies(sold, everyone, days, chance_of_policies)
    yield from prices(sold, everyone, days, chance_of_prices)


def people(chance: Random, today: date = DAY) -> Iterator[tuple[str, Person]]:
    """Who stands behind each customer's code."""
    for party in parties(_own(chance), Days(today)).customers:
        yield party.customer.code, party.person


def orders(chance: Random, today: date = DAY) -> Iterator[history.Order]:
    """What was ordered in the year before today, the oldest first."""
    days = Days(today)
    everyone, sold = parties(_own(chance), days), goods(_own(chance))
    yield from history.orders(sold, everyone, days, _own(chance))


def questions(today: date = DAY) -> showcase.Questions:
    """What the examples ask for and change."""
    return showcase.questions(Days(today))


def _own(chance: Random) -> Random:
    """Chance of one part alone, so that a change of one part leaves the others as they were."""
    return Random(chance.getrandbits(64))
