"""What was ordered in the past year, in the web shop and by phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from listino.demo.days import Days
from listino.demo.good import Good
from listino.demo.parties import Parties, Party

ORDERS_COUNT = 400
DAYS_BACK = 365
LINES_MAX = 40
WEB_SHARE = 0.62
PRIVATE_PACKED_SHARE, PACKED_SHARE = 0.02, 0.35
# Quantities that people type, the frequent ones more than once.
QUANTITIES = tuple(
    map(Decimal, (1, 1, 1, 2, 2, 3, 4, 5, 5, 6, 8, 10, 10, 10, 12, 15, 20, 20, 25, 30, 50, 100, 100, 200))
)
LENGTHS = tuple(map(Decimal, ("5", "8.5", "10", "12", "15", "20", "25", "30", "42", "50", "75", "100", "150", "300")))
STORES = (("web-shop", "WS"), ("phone", "T"))


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So much of an item."""

    item: str
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as a store took it."""

    store: str
    number: str
    channel: str
    ordered_at: datetime
    customer: str
    currency: str
    lines: tuple[OrderLine, ...]


def orders(goods: tuple[Good, ...], parties: Parties, days: Days, chance: Random) -> Iterator[Order]:
    """The orders of the past year by time: some customers order often, some items stand in many orders."""
    sold = [good for good in goods if good.item.status == "active"]
    popular = chance.sample(sold, len(sold))
    active = [party for party in parties.customers if party.customer.status == "active"]
    buyers = chance.sample(active, len(active))
    numbers = {store: 0 for store, _ in STORES}
    for ordered_at in sorted(_moment(days, chance) for _ in range(ORDERS_COUNT)):
        party = buyers[int(len(buyers) * chance.random() ** 3)]
        by_web = party.customer.account is None or chance.random() < WEB_SHARE
        store, sign = STORES[0 if by_web else 1]
        numbers[store] += 1 + int(chance.random() * 40)
        yield Order(
            store=store,
            number=f"{sign}-{ordered_at.year}-{numbers[store]:06}",
            channel=_channel(party, by_web),
            ordered_at=ordered_at,
            customer=party.customer.code,
            currency=party.customer.currency or "EUR",
            lines=_lines(popular, party, chance),
        )


def _channel(party: Party, by_web: bool) -> str:
    if not by_web:
        return "phone"
    return "b2b" if party.customer.account is not None else "web"


def _moment(days: Days, chance: Random) -> datetime:
    """A moment of a working day of the past year, mostly in the morning."""
    back = 1 + int(DAYS_BACK * chance.random())
    day = days.today - timedelta(days=back)
    if day.weekday() == 6:
        back += 1
    return days.after(-back) + timedelta(seconds=int(3600 * (7 + 11 * chance.random() ** 1.3)))


def _lines(popular: list[Good], party: Party, chance: Random) -> tuple[OrderLine, ...]:
    count = 1 + int(LINES_MAX * chance.random() ** 4)
    packed_share = PRIVATE_PACKED_SHARE if party.customer.account is None else PACKED_SHARE
    chosen = dict.fromkeys(int(len(popular) * chance.random() ** 3) for _ in range(count))
    return tuple(_line(popular[place], packed_share, chance) for place in chosen)


def _line(good: Good, packed_share: float, chance: Random) -> OrderLine:
    """An item in its own unit, or in a packaging; who buys pieces by the hundred buys screws."""
    item = good.item
    if item.packagings and chance.random() < packed_share:
        packaging = item.packagings[0]
        return OrderLine(item.code, Decimal(1 + int(6 * chance.random() ** 2)), packaging.unit)
    choices = LENGTHS if item.unit in ("MTR", "KGM") else QUANTITIES
    quantity = choices[int(len(choices) * chance.random())]
    if good.breaks == "dear":
        quantity = Decimal(1 + int(3 * chance.random()))
    elif good.per > 1:
        quantity *= 20
    return OrderLine(item.code, quantity, item.unit)
