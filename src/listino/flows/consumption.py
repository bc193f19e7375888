"""What an order uses up: of the rules of which there is only so much, and of its customer's contracts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from listino.core.facts import Contract
from listino.core.keys import contract_key
from listino.core.money import EXACT, ZERO
from listino.core.question import Facts, Price
from listino.core.rates import rate_at
from listino.core.reservations import Reservation, reserved_of_contract, reserved_of_rules
from listino.core.windows import holds
from listino.db.snapshot import Snapshot, under
from listino.flows.terms import rates_between
from listino.flows.wares import holds_item


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """A line as it was ordered: the price of ours that it was charged by, and its net amount."""

    price: Price
    facts: Facts
    net: Decimal


def reserved(book: Snapshot, lines: Sequence[OrderedLine], customer: str | None, at: datetime) -> list[Reservation]:
    """What an order takes of caps and contracts."""
    if not lines:
        return []
    found = reserved_of_rules(((line.price, line.facts) for line in lines), customer, at)
    values = lines[0].facts.circle.values
    keys = [contract_key(code, None) for code in values["C"]] + [contract_key(None, code) for code in values["A"]]
    for contracts in under(book, keys).values():
        found += [_of_contract(book, contract, lines, at) for contract in contracts if _runs(contract, at)]
    return [one for one in found if one.uses]


def _runs(contract: Contract, at: datetime) -> bool:
    return holds(((contract.valid_from, contract.valid_to),), at)


def _of_contract(book: Snapshot, contract: Contract, lines: Sequence[OrderedLine], at: datetime) -> Reservation:
    """What the lines within a contract's goods add to it; an amount without an exchange rate is not counted."""
    quantity = amount = weight = ZERO
    for line in lines:
        facts, price = line.facts, line.price
        if not holds_item(contract, facts.circle.values):
            continue
        own = EXACT.multiply(price.quantity, facts.factors[price.unit])
        quantity = EXACT.add(quantity, own)
        weight = EXACT.add(weight, EXACT.multiply(own, facts.item.weight or ZERO))
        amount = EXACT.add(amount, line.net)
    circle = lines[0].facts.circle
    currency = contract.currency or circle.base_currency
    if currency != circle.currency:
        circle = replace(circle, rates=rates_between(book, [], circle, {currency}))
    rate = rate_at(circle.currency, currency, at, circle)
    return reserved_of_contract(contract.code, quantity, EXACT.multiply(amount, rate or ZERO), weight)
