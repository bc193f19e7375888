"""What an order takes of caps and contracts: worked out before it is written, reserved as it is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.candidates import Candidate, every_candidate
from listino.core.keys import SEPARATOR
from listino.core.money import EXACT, NINE_PLACES, ONE, ZERO
from listino.core.question import Facts, Price
from listino.core.rates import rate_at
from listino.core.rules import Rule
from listino.core.usage import contract_subject, customer_subject, rule_subject


class Use(NamedTuple):
    """So much is taken of a subject, of which there is no more than `most` (None: without end)."""

    subject: str
    amount: Decimal
    most: Decimal | None = None


class Reservation(NamedTuple):
    """What an order takes of one cap, contract, quote or credit: all of its uses or none, and why it is held if
    there is not enough left; what may go `beyond` is taken all the same.
    """

    reason: str
    uses: tuple[Use, ...]
    beyond: bool = False


@dataclass(slots=True)
class _Taken:
    rule: Rule
    quantity: Decimal = ZERO
    amount: Decimal = ZERO


def reserved_of_rules(lines: Iterable[tuple[Price, Facts]], customer: str | None, at: datetime) -> list[Reservation]:
    """What the lines of an order take of the rules that made their prices and of which there is only so much."""
    taken: dict[str, _Taken] = {}
    for price, facts in lines:
        if not facts.counted:
            continue
        capped = {one.rule.code: one for one in every_candidate(facts.steps) if one.rule.caps is not None}
        for part in price.segments or (price,):
            amounts = {code: amount for code, amount in _amounts(part) if code in capped}
            for code, amount in amounts.items():
                _count(taken, capped[code], part, (amount, at, facts))
    return [reserved_of_rule(one.rule, one.quantity, one.amount, customer) for one in taken.values()]


def _amounts(part: Price) -> Iterator[tuple[str | None, Decimal]]:
    """By rule what it took off or put on a line, or one part of it, in the price's currency."""
    for _, kind, code, _, _, before, after in part.steps:
        change = abs(before - after) if before is not None and kind != "price" else ZERO
        yield code, EXACT.divide(EXACT.multiply(change, part.quantity), part.per)
    for charge in part.own_lines:
        yield charge.rule.code, charge.net


def _count(taken: dict[str, _Taken], candidate: Candidate, part: Price, told: tuple[Decimal, datetime, Facts]) -> None:
    """Add what one line, or one part of it, takes of a rule, in the rule's own unit and currency."""
    amount, at, facts = told
    rule = candidate.rule
    one = taken.setdefault(rule.code, _Taken(rule))
    ratio = EXACT.divide(facts.factors[part.unit], facts.factors.get(rule.unit or facts.item.unit, ONE))
    one.quantity = EXACT.add(one.quantity, EXACT.multiply(part.quantity, ratio))
    rate = rate_at(part.currency, candidate.currency, at, facts.circle)
    one.amount = EXACT.add(one.amount, EXACT.multiply(amount, rate or ZERO))


def reserved_of_rule(rule: Rule, quantity: Decimal, amount: Decimal, customer: str | None) -> Reservation:
    """What an order takes of a rule that it uses.

    Units:   quantity in the rule's unit, amount that it took off in its currency.
    """
    caps = rule.caps
    uses = [
        Use(rule_subject(rule.code, "uses"), ONE, _most(caps.uses if caps else None)),
        Use(rule_subject(rule.code, "quantity"), _kept(quantity), caps.quantity if caps else None),
        Use(rule_subject(rule.code, "amount"), _kept(amount), caps.amount if caps else None),
    ]
    if customer is not None:
        most = _most(caps.per_customer if caps else None)
        uses.append(Use(customer_subject(rule.code, customer), ONE, most))
    return Reservation("cap_exceeded", tuple(uses))


def measures_taken(reservations: Iterable[Reservation]) -> Iterator[tuple[str, Decimal]]:
    """What is gone for the further lines of the same order: quantities and amounts, as a use is one for all of it."""
    for reservation in reservations:
        for use in reservation.uses:
            if use.subject.rpartition(SEPARATOR)[2] in ("quantity", "amount", "weight"):
                yield use.subject, use.amount


def _kept(amount: Decimal) -> Decimal:
    """An amount with the digits that are stored."""
    return amount.quantize(NINE_PLACES, context=EXACT)


def _most(count: int | None) -> Decimal | None:
    return None if count is None else Decimal(count)


def reserved_of_contract(code: str, quantity: Decimal, amount: Decimal | None, weight: Decimal | None) -> Reservation:
    """What a line adds to a contract; nothing where its amount or weight is not known.

    Units:   quantity in the item's own unit, amount net in the contract's currency, weight in kilograms.
    """
    measures = (("quantity", quantity), ("amount", amount), ("weight", weight))
    return Reservation("", tuple(Use(contract_subject(code, name), _kept(used)) for name, used in measures if used))


def reserved_of_quote(name: str) -> Reservation:
    """The one use that there is of a quote."""
    return Reservation("quote_used", (Use(SEPARATOR.join(("quote", name)), ONE, ONE),))
