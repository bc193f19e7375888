"""Price cases: what a company expects of a price, what is wrong with a case, where an answer differs from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.checks import (
    attribute_faults,
    code_fault,
    country_fault,
    currency_fault,
    decimal_fault,
    instant_fault,
)
from listino.core.errors import Fault
from listino.core.money import EXACT, ONE, plain
from listino.core.question import NoPrice, Price

OUTCOMES = ("price", "no_price")
TEXT_LENGTH_MAX = 4000
# What is expected of a price, by the name that the answer has for it; the first two are per `per` units.
UNIT_PRICES = ("net_price", "gross_price")
AMOUNTS = (*UNIT_PRICES, "net", "tax", "gross")
_EXPECTATIONS = (
    "expected_outcome", "expected_reason", *(f"expected_{name}" for name in AMOUNTS), "expected_rule", "expected_rules",
)  # fmt: skip
_CODES = ("item", "customer", "unit", "channel", "ship_to", "order_type", "expected_rule")
_LISTS_OF_CODES = ("coupons", "expected_rules")
_DECIMALS = ("quantity", "expected_per", "tolerance", *(f"expected_{name}" for name in AMOUNTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A price question with the answer that the company expects, and why it does.

    Units:   quantity below 0 for goods that come back; expected_net_price, expected_gross_price per
             `expected_per` units, where that is not said per as many as the answer states; tolerance:
             how far each amount may be off, in its currency.
    Shapes:  attributes: each as NAME:VALUE; expected_rules: each of them must have applied; others may have.
    """

    id: str | None = None
    item: str
    customer: str | None = None
    quantity: Decimal = ONE
    unit: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    ship_to: str | None = None
    order_type: str | None = None
    coupons: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    at: datetime | None = None
    delivery_at: datetime | None = None
    known_at: str | int | None = None
    expected_outcome: str | None = None
    expected_reason: str | None = None
    expected_net_price: Decimal | None = None
    expected_gross_price: Decimal | None = None
    expected_per: Decimal | None = None
    expected_net: Decimal | None = None
    expected_tax: Decimal | None = None
    expected_gross: Decimal | None = None
    expected_rule: str | None = None
    expected_rules: tuple[str, ...] = ()
    tolerance: Decimal | None = None
    why: str | None = None


class Difference(NamedTuple):
    """One expectation that an answer does not meet; `by`: how much more was answered, for amounts."""

    field: str
    expected: str
    answered: str
    by: Decimal | None = None


def differences(case: Case, outcome: Price | NoPrice, tolerance: Decimal) -> tuple[Difference, ...]:
    """Where an answer differs from what a case expects, amounts by more than its own tolerance (else this one)."""
    if case.tolerance is not None:
        tolerance = case.tolerance
    rules = (*([case.expected_rule] if case.expected_rule is not None else ()), *case.expected_rules)
    return (
        *_outcome_differences(case, outcome),
        *(_amount_differences(case, outcome, tolerance) if isinstance(outcome, Price) else ()),
        *_rule_differences(rules, outcome),
    )


def _outcome_differences(case: Case, outcome: Price | NoPrice) -> Iterator[Difference]:
    wants_price = case.expected_outcome == "price" or any(
        getattr(case, f"expected_{name}") is not None for name in AMOUNTS
    )
    if isinstance(outcome, NoPrice):
        if wants_price:
            yield Difference("expected_outcome", "price", f"no_price ({outcome.reason})")
        elif case.expected_reason not in {None, outcome.reason}:
            yield Difference("expected_reason", case.expected_reason or "", outcome.reason)
    elif case.expected_outcome == "no_price" or case.expected_reason is not None:
        reason = f" ({case.expected_reason})" if case.expected_reason is not None else ""
        yield Difference("expected_outcome", f"no_price{reason}", "price")


def _amount_differences(case: Case, price: Price, tolerance: Decimal) -> Iterator[Difference]:
    for name in AMOUNTS:
        expected: Decimal | None = getattr(case, f"expected_{name}")
        if expected is None:
            continue
        answered: Decimal | None = getattr(price, name)
        if answered is None:
            yield Difference(f"expected_{name}", plain(expected), "unknown (no tax is stated)")
            continue
        if name in UNIT_PRICES and case.expected_per is not None:
            answered = EXACT.divide(EXACT.multiply(answered, case.expected_per), price.per)
        # An answer is compared as it is shown: a third has nine digits there.
        by = EXACT.subtract(Decimal(plain(answered)), expected)
        if abs(by) > tolerance:
            yield Difference(f"expected_{name}", plain(expected), plain(answered), by)


def _rule_differences(rules: tuple[str, ...], outcome: Price | NoPrice) -> Iterator[Difference]:
    applied = [step[2] for step in outcome.steps if step[2] is not None]
    for code in rules:
        if code not in applied:
            yield Difference("expected_rules", code, ", ".join(applied) or "none")


def recorded(outcome: Price | NoPrice) -> dict[str, Decimal | str | None]:
    """What a case must expect for this answer to be as expected."""
    found: dict[str, Decimal | str | None] = dict.fromkeys(_EXPECTATIONS[:-2])
    if isinstance(outcome, NoPrice):
        return found | {"expected_outcome": "no_price", "expected_reason": outcome.reason, "expected_per": None}
    for name in AMOUNTS:
        amount: Decimal | None = getattr(outcome, name)
        found[f"expected_{name}"] = None if amount is None else Decimal(plain(amount))
    return found | {"expected_per": outcome.per}


def question_faults(case: Case) -> Iterator[Fault]:
    """All that is wrong with a case as a question."""
    for name in _CODES:
        code: str | None = getattr(case, name)
        fault = code_fault(name, code) if code is not None else None
        if fault is not None:
            yield fault
    for name in _LISTS_OF_CODES:
        for code in getattr(case, name):
            fault = code_fault(name, code)
            if fault is not None:
                yield fault
    for name in _DECIMALS:
        number: Decimal | None = getattr(case, name)
        fault = decimal_fault(name, number) if number is not None else None
        if fault is not None:
            yield fault
        elif number is not None and _is_out_of_place(name, number):
            yield Fault(name, "not_positive", f"{name} cannot be {plain(number)}.", "Write a number above 0.")
    if any(":" not in text for text in case.attributes):
        yield Fault("attributes", "not_an_attribute", "An attribute has no value.", "Write NAME:VALUE, several by |.")
    else:
        yield from attribute_faults(dict(attributes_of(case)), "attributes")
    yield from _other_faults(case)


def _is_out_of_place(name: str, number: Decimal) -> bool:
    """Whether a number is 0 or below where it cannot be: amounts of goods that come back are below 0."""
    if name == "quantity":
        return not number
    if name == "expected_per":
        return number <= 0
    return number < 0 and name not in {"expected_net", "expected_tax", "expected_gross"}


def attributes_of(case: Case) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The attributes that a case names, by name, each with its values."""
    found: dict[str, tuple[str, ...]] = {}
    for text in case.attributes:
        name, _, value = text.partition(":")
        found[name] = (*found.get(name, ()), value)
    return tuple(sorted(found.items()))


def _other_faults(case: Case) -> Iterator[Fault]:
    for fault in (
        currency_fault("currency", case.currency) if case.currency is not None else None,
        country_fault("country", case.country) if case.country is not None else None,
        instant_fault("at", case.at) if case.at is not None else None,
        instant_fault("delivery_at", case.delivery_at) if case.delivery_at is not None else None,
    ):
        if fault is not None:
            yield fault
    for name in ("id", "why", "expected_reason"):
        if len(getattr(case, name) or "") > TEXT_LENGTH_MAX:
            yield Fault(name, "too_long", f"{name} has more than {TEXT_LENGTH_MAX} characters.", "Shorten it.")


def expectation_faults(case: Case) -> Iterator[Fault]:
    """All that is wrong with what a case expects: it must expect something, and not two things at once."""
    if case.expected_outcome not in {None, *OUTCOMES}:
        text = f"expected_outcome cannot be {case.expected_outcome!r}."
        yield Fault("expected_outcome", "not_a_choice", text, f"Write one of: {', '.join(OUTCOMES)}.")
    if not any(getattr(case, name) not in {None, ()} for name in _EXPECTATIONS):
        remedy = "Fill in expected_net_price, another expected_ column, or expected_outcome no_price."
        yield Fault("expected_net_price", "missing", "The case expects nothing.", remedy)
    no_price = case.expected_outcome == "no_price" or case.expected_reason is not None
    amounts = [name for name in AMOUNTS if getattr(case, f"expected_{name}") is not None]
    if no_price and (amounts or case.expected_outcome == "price"):
        field = f"expected_{amounts[0]}" if amounts else "expected_reason"
        yield Fault(field, "contradictory", "The case expects a price and none.", "Empty one of the two.")
