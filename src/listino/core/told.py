"""A price that the ERP itself told, and what holds where it does not answer: pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.manual import ManualRule
from listino.core.money import INTEGER_DIGITS_MAX
from listino.core.question import NoPrice, Question

ERP_RULE = "erp"


@dataclass(frozen=True, slots=True)
class Told:
    """What an ERP told of a price, or that it did not answer.

    Shapes:  source: "erp" (asked now), "cache" (asked a moment ago), "last_known" (asked before; it does not answer
             now) or "mirror" (nothing was ever asked: our own price holds); rule: the price, set for this line; reason:
             why the ERP has none; holds_until: when it is to be asked again.
    """

    source: str
    as_of: datetime | None
    holds_until: datetime | None = None
    rule: ManualRule | None = None
    reason: str | None = None


def price_rule(value: Decimal, per: Decimal, currency: str, unit: str, *, gross: bool) -> ManualRule:
    """The ERP's price as a rule for one line: nothing comes off it any more.

    Units:   value per `per` units of `unit`, before tax or, with `gross`, with it.
    """
    said: dict[str, Any] = {
        "code": ERP_RULE, "action": "price", "value": value, "per": per, "currency": currency, "unit": unit,
        "final": True, "tax_mode": "gross" if gross else "net", "actor": ERP_RULE,
    }  # fmt: skip
    return ManualRule(**said)


def without_price(question: Question, reason: str) -> NoPrice:
    """That there is no price for a question, whatever the rules say."""
    return NoPrice(question.item, question.customer, question.quantity, question.unit, question.currency, reason)


def nonsense(value: Decimal | None, per: Decimal, currency: str, asked_currency: str) -> str | None:
    """What is wrong with a price that an ERP told, in words; None where it can be one."""
    if currency != asked_currency:
        return f"it told {currency} where {asked_currency} was asked for"
    if value is None or not value.is_finite() or not per.is_finite() or per <= 0:
        return f"it told {value} for {per} as a price"
    if value < 0 or value.adjusted() >= INTEGER_DIGITS_MAX:
        return f"it told {value} as a price"
    return None
