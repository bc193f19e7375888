"""What must be true of a fact before it is kept: every fault names the field and the remedy."""

import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.errors import Fault
from listino.core.facts import Assignment, Contract, Country, Fact, PriceList, Rate, Tax, Unit
from listino.core.keys import REFERENCE_FIELDS
from listino.core.money import DIRECTIONS, FRACTION_DIGITS_MAX, INTEGER_DIGITS_MAX, ZERO, bounded
from listino.core.rule_checks import rule_faults
from listino.core.rules import Rule, Scheme
from listino.core.scheme_checks import scheme_faults
from listino.core.validity import YEAR_MAX, YEAR_MIN, in_range, zone_named

CODE_LENGTH_MAX = 64
PRIOR_PRICE_DAYS_MAX = 366
TEXT_LENGTH_MAX = 4000
CHOICES: dict[str, tuple[str, ...]] = {
    "Item.status": ("active", "blocked", "ended"),
    "Customer.status": ("active", "blocked"),
    "Channel.tax_rounding": ("rate", "line", "document"),
    "Channel.amount_rounding": tuple(DIRECTIONS),
    "Channel.shows": ("net", "gross", "both"),
    "Rule.status": ("draft", "approved", "active", "blocked"),
    "Rule.action": ("price", "percent", "amount", "margin", "limit", "free_goods", "bundle", "indexed"),
    "Rule.tax_mode": ("net", "gross"),
    "Rule.sign": ("allowance", "charge"),
    "Rule.bound": ("min", "max"),
    "Rule.show_as": ("price", "discount"),
    "Rule.dated_by": ("order", "delivery"),
    "Scale.kind": ("volume", "graduated"),
    "Scale.measure": ("quantity", "amount", "weight"),
    "Requirement.measure": ("quantity", "amount", "weight"),
    "Requirement.basis": ("net", "gross"),
    "Offer.reduction": ("percent", "amount", "price", "set_price", "set_amount"),
    "Offer.first": ("cheapest", "dearest"),
    "OwnLine.per": ("unit", "line", "order"),
    "Caps.beyond": ("refuse", "split"),
    "Formula.basis": ("cost", "base"),
    "Rounding.direction": tuple(DIRECTIONS),
    "PriceList.tax_mode": ("net", "gross"),
    "PriceList.constant": ("net", "gross"),
    "PriceList.visibility": ("shown", "hidden", "on_request"),
    "Assignment.mode": ("merge", "only_if_empty", "replace"),
    "Tax.category": ("S", "Z", "E", "AE", "K", "G", "O"),
}
# Codes that other facts or the store gave: compared byte-exact, so bounded and normalised.
CODE_FIELDS = frozenset(
    [
        "code",
        "parent",
        "coupon",
        "ship_to",
        "tax_class",
        "tax_status",
        "unit",
        "group",
        "of",
        "order_type",
        "step",
        "exclusion_group",
        "quotation",
    ]
    + [field for field, _ in REFERENCE_FIELDS]
)
POSITIVE_FIELDS = frozenset(
    ["per", "factor", "rate", "increment", "quantity_from", "amount_from", "units_max", "line_units_max"]
)
ATTRIBUTES_MAX = 8
ATTRIBUTE_VALUES_MAX = 50
MEMBERS_MAX = 10_000
CURRENCY_FIELDS = frozenset(["currency", "to_currency", "cost_currency"])


def faults_of(fact: Fact) -> tuple[Fault, ...]:
    """All that is wrong with a fact by itself; empty for one that may be kept."""
    found = list(_field_faults(fact, ""))
    if not found:
        found.extend(_whole_faults(fact))
    return tuple(found)


def code_fault(field: str, code: str) -> Fault | None:
    """What is wrong with a code: NFC text, 1 to 64 characters, no control characters."""
    if not code.strip():
        return Fault(field, "empty", "A code cannot be empty.", "Name a code of 1 to 64 characters.")
    if len(code) > CODE_LENGTH_MAX:
        return Fault(
            field,
            "too_long",
            f"A code has at most {CODE_LENGTH_MAX} characters, not {len(code)}.",
            "Shorten it.",
        )
    return text_fault(field, code)


def text_fault(field: str, text: str) -> Fault | None:
    """What is wrong with a text that is compared as it is: NFC, no control characters."""
    if text.isascii() and text.isprintable():
        return None
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return Fault(field, "control_character", "A code cannot hold control characters.", "Remove them.")
    if not unicodedata.is_normalized("NFC", text):
        return Fault(field, "not_nfc", "A code must be NFC text.", "Normalise it to Unicode form NFC.")
    return None


def decimal_fault(field: str, value: Decimal) -> Fault | None:
    """What is wrong with a number: it must be finite and fit the digits that are stored."""
    if bounded(value):
        return None
    return Fault(
        field,
        "out_of_range",
        f"{value} is not a number of at most {INTEGER_DIGITS_MAX} integer and {FRACTION_DIGITS_MAX} fraction digits.",
        "Send a plain decimal number within these bounds.",
    )


def instant_fault(field: str, at: datetime) -> Fault | None:
    """What is wrong with an instant: it must lie between the years that are kept."""
    if in_range(at):
        return None
    text = f"{field} is not between the years {YEAR_MIN} and {YEAR_MAX}."
    return Fault(field, "out_of_range", text, "Send a year between them; leave out what has no start or no end.")


def currency_fault(field: str, code: str) -> Fault | None:
    """What is wrong with a currency: it must be three capital letters (ISO 4217)."""
    if len(code) == 3 and code.isascii() and code.isalpha() and code.isupper():
        return None
    return Fault(field, "not_a_currency", f"{code!r} is not an ISO 4217 code.", "Send three capital letters, as EUR.")


def country_fault(field: str, code: str) -> Fault | None:
    """What is wrong with a country: it must be two capital letters (ISO 3166-1)."""
    if len(code) == 2 and code.isascii() and code.isalpha() and code.isupper():
        return None
    return Fault(field, "not_a_country", f"{code!r} is not an ISO 3166-1 code.", "Send two capital letters, as IT.")


def _field_faults(record: Any, path: str) -> Iterator[Fault]:
    owner = type(record).__name__
    for name in _names(type(record)):
        value = getattr(record, name)
        if value is None:
            continue
        fault = _value_fault(owner, name, value, path + name.rstrip("_"))
        if fault is not None:
            yield fault
        elif name == "attributes":
            yield from attribute_faults(value, path + name)
        elif isinstance(value, tuple):
            if len(value) > MEMBERS_MAX:
                yield Fault(path + name, "too_many", f"{path}{name} has over {MEMBERS_MAX} entries.", "Name a group.")
            for index, member in enumerate(value):
                where = f"{path}{name}[{index}]"
                if is_dataclass(member):
                    yield from _field_faults(member, where + ".")
                elif (fault := code_fault(where, member)) is not None:
                    yield fault
        elif is_dataclass(value):
            yield from _field_faults(value, f"{path}{name}.")


def attribute_faults(attributes: dict[str, Any], path: str) -> Iterator[Fault]:
    """What is wrong with attributes: their number, their names, their values."""
    if len(attributes) > ATTRIBUTES_MAX:
        yield Fault(path, "too_many", f"At most {ATTRIBUTES_MAX} attributes.", "Leave some out.")
    for name, value in attributes.items():
        values = value if isinstance(value, tuple) else (value,)
        if not 1 <= len(values) <= ATTRIBUTE_VALUES_MAX:
            text = f"An attribute has 1 to {ATTRIBUTE_VALUES_MAX} values."
            yield Fault(f"{path}.{name}", "count", text, "Send its values.")
        for code in (name, *values):
            fault = code_fault(f"{path}.{name}", code)
            if fault is not None:
                yield fault


_names_cache: dict[type, tuple[str, ...]] = {}


def _names(record: type) -> tuple[str, ...]:
    if record not in _names_cache:
        _names_cache[record] = tuple(field.name for field in fields(record))
    return _names_cache[record]


def _value_fault(owner: str, name: str, value: Any, path: str) -> Fault | None:
    if isinstance(value, str):
        return _text_fault(owner, name, value, path)
    if isinstance(value, Decimal):
        if name in POSITIVE_FIELDS and value.is_finite() and value <= 0:
            return Fault(path, "not_positive", f"{path} must be above 0, not {value}.", "Send a number above 0.")
        if name == "credit_limit" and value.is_finite() and value < 0:
            return Fault(path, "negative", f"{path} cannot be below 0.", "Send 0 for no credit, null for no limit.")
        return decimal_fault(path, value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**9:
        return Fault(path, "out_of_range", f"{path} is beyond a thousand million.", "Send a smaller number.")
    return instant_fault(path, value) if isinstance(value, datetime) else None


def _text_fault(owner: str, name: str, value: str, path: str) -> Fault | None:
    if name in CODE_FIELDS:
        return code_fault(path, value)
    choices = CHOICES.get(f"{owner}.{name}")
    if choices is not None and value not in choices:
        return Fault(path, "not_a_choice", f"{path} cannot be {value!r}.", "Send one of: " + ", ".join(choices) + ".")
    if name in CURRENCY_FIELDS:
        return currency_fault(path, value)
    if name == "country":
        return country_fault(path, value)
    if name == "zone" and zone_named(value) is None:
        return Fault(path, "not_a_zone", f"{value!r} is not a time zone.", "Send an IANA name, as Europe/Rome.")
    if len(value) > TEXT_LENGTH_MAX:
        return Fault(path, "too_long", f"{path} has more than {TEXT_LENGTH_MAX} characters.", "Shorten it.")
    return None


def _whole_faults(fact: Fact) -> Iterator[Fault]:
    start, end = getattr(fact, "valid_from", None), getattr(fact, "valid_to", None)
    if start is not None and end is not None and start >= end:
        yield Fault("valid_to", "ends_before_start", "valid_to is not after valid_from.", "Send a later valid_to.")
    if isinstance(fact, Rule):
        yield from rule_faults(fact)
    elif isinstance(fact, Scheme):
        yield from scheme_faults(fact)
    elif isinstance(fact, Unit) and (fact.of is None) != (fact.factor is None):
        yield Fault("factor", "incomplete", "of and factor belong together.", "Send both or neither.")
    elif isinstance(fact, Rate) and fact.currency == fact.to_currency:
        yield Fault("to_currency", "same_currency", "A rate needs two currencies.", "Name another to_currency.")
    elif isinstance(fact, Tax) and not ZERO <= fact.percent <= 1000:
        yield Fault("percent", "out_of_range", "A tax is 0 to 1000 percent.", "Send the percentage, as 22.")
    elif isinstance(fact, PriceList) and fact.decimals is not None and not 0 <= fact.decimals <= FRACTION_DIGITS_MAX:
        yield Fault("decimals", "out_of_range", "decimals is 0 to 9.", "Send how many decimals a unit price has.")
    elif isinstance(fact, PriceList) and fact.constant is not None and fact.reference_percent is None:
        text = "What stays constant is reckoned from the tax that the prices were made for."
        yield Fault("reference_percent", "missing", text, "Send the percentage, as 22.")
    elif isinstance(fact, Contract) and (fact.customer is None) == (fact.account is None):
        yield Fault("customer", "one_party", "A contract is with one customer or one account.", "Name one of them.")
    elif isinstance(fact, Country):
        yield from _country_faults(fact)
    named = [name for name in ("customer", "account", "customer_group", "channel") if getattr(fact, name, None)]
    if isinstance(fact, Assignment) and len(named) > 1:
        yield Fault(named[1], "two_parties", "An assignment is for one party.", "Make one assignment for each.")


def _country_faults(country: Country) -> Iterator[Fault]:
    fault = country_fault("code", country.code)
    if fault is not None:
        yield fault
    for name in ("prior_price_days", "prior_price_perishable_days", "prior_price_new_item_days"):
        days = getattr(country, name)
        if days is not None and not 0 <= days <= PRIOR_PRICE_DAYS_MAX:
            text = f"{name} is 0 to {PRIOR_PRICE_DAYS_MAX} days, not {days}."
            yield Fault(name, "out_of_range", text, "Send how many days before a reduction are looked at, as 30.")
