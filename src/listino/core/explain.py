"""The sentences of an explanation: why a rule did not apply, and what would have to change."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.candidates import Candidate
from listino.core.money import NINE_PLACES, plain
from listino.core.question import Facts, NoPrice, NotApplied
from listino.core.rules import Requirement, Rule, Scale, Text

FALLBACK_LANGUAGE = "en"


def text_in(text: Text | None, language: str | None = None) -> str | None:
    """A text in a language: that very tag, its first part, English, or whichever there is."""
    if text is None or isinstance(text, str):
        return text
    for tag in (language or "", (language or "").partition("-")[0], FALLBACK_LANGUAGE):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), None)


def quantity_text(start: Decimal) -> str:
    """A break's quantity: 5.000000001 is "above 5"."""
    below = start - NINE_PLACES
    return f"above {plain(below)}" if is_above(start) else f"from {plain(start)}"


def is_above(start: Decimal) -> bool:
    """Whether a break holds above a quantity and not from it on."""
    exponent = start.as_tuple().exponent
    return isinstance(exponent, int) and exponent <= -9 and start.as_tuple().digits[-1] == 1


def why_not(rule: Rule, reason: str, detail: Any) -> str:
    """Why a rule did not apply, and what would have to change for it to apply, as a sentence."""
    sentence = _SENTENCES.get(reason) or NO_PRICE_TEXTS.get(reason)
    if sentence is None:
        return reason.replace("_", " ").capitalize() + "."
    if not isinstance(sentence, str):
        return sentence(rule, detail)
    shown = detail.isoformat().replace("+00:00", "Z") if isinstance(detail, datetime) else detail
    return sentence.format(shown)


def _requires(_: Rule, detail: Any) -> str:
    requirement, measure = detail
    bounds = [f"at least {plain(requirement.from_)}"] if requirement.from_ is not None else []
    bounds += [f"at most {plain(requirement.up_to)}"] if requirement.up_to is not None else []
    wanted = f"{requirement.measure} of {' and '.join(bounds)}{_over(requirement)}"
    article = "an" if wanted[0] == "a" else "a"
    return f"It requires {article} {wanted}; here it is {plain(measure)}."


def _below_break(rule: Rule, start: Any) -> str:
    return f"It applies {quantity_text(start)} {_unit_of(rule)}".rstrip() + f"{_over(rule.scale)}."


def _unit_of(rule: Rule) -> str:
    measure = rule.scale.measure if rule.scale is not None else "quantity"
    if measure == "weight":
        return "kg"
    return (rule.currency or "of net amount") if measure == "amount" else rule.unit or ""


def _over(measured: Scale | Requirement | None) -> str:
    by = measured.by if measured is not None else "line"
    if by == "line":
        return ""
    word, _, name = by.partition(":")
    return (
        f" under the contract {name}" if word == "period" else f" of {name} in the order" if name else " in the order"
    )


def _above_break(_: Rule, start: Any) -> str:
    return f"It ends below this quantity ({quantity_text(start)})."


# What each rank says of the rule that comes first.
_RANK_WORDS = {
    "access": "it is for something narrower",
    "list": "of the list that it stands in",
    "sequence": "its price list comes first",
    "chain": "its price list comes first",
    "priority": "its priority is higher",
    "filled_keys": "it says more of what it is for",
    "nearest": "it stands nearer",
    "own_currency": "it is in this currency",
    "own_unit": "it is for this unit",
    "tier": "its break is higher",
    "start": "it began later",
    "value": "it is better for the buyer",
    "code": "of its code alone",
    "manual": "a person set it for this line",
    "exclusive": "it excludes others, or was first of its group",
}


def _beaten(_: Rule, beaten: Any) -> str:
    winner, rank = beaten
    why = _RANK_WORDS.get(rank.partition(":")[0], rank)
    return f"{winner.rule.code} comes first, as {why}; it would apply if that did not."


def _excluded(_: Rule, winner: Any) -> str:
    if winner is None:
        return "A step that excludes this one came before it."
    return f"{winner.rule.code} of the same exclusion group applies already."


def _final(_: Rule, winner: Any) -> str:
    if not isinstance(winner, Candidate):
        return "All that it could reduce is at a net price."
    return f"{winner.rule.code} is a net price: nothing further is taken off."


def _cap_exceeded(_: Rule, left: Any) -> str:
    return "What is left of it is not enough." if left is None else f"What is left of it ({plain(left)}) is not enough."


def _limit_kept(_: Rule, amount: Any) -> str:
    return f"The price keeps this limit ({plain(amount)})."


def nearest(outcome: NoPrice, facts: Facts) -> NotApplied | None:
    """Of the rules that are no price here, the one that came nearest: the first that would be it, and why it is not.

    A rule that applied, and whose price could not be worked out, comes before all that did not apply.
    Shapes:  outcome: as explained in full; None where no rule was looked at.
    """
    if outcome.reason not in {"no_price", "amount_out_of_range"} and facts.refusal is None:
        skipped = {(step, rule.code) for step, rule, _, _ in outcome.not_applied}
        for step in facts.steps:
            for candidate in step.live if step.plan.kind == "price" else ():
                if (step.plan.name, candidate.rule.code) not in skipped:
                    return step.plan.name, candidate.rule, outcome.reason, None
    return next((entry for entry in outcome.not_applied if entry[1].action == "price"), None)


# What each reason says: a text with the reason's detail in place of {}, or a function where more is needed.
_SENTENCES: dict[str, str | Callable[[Rule, Any], str]] = {
    "status": "It is {}; it applies once it is active.",
    "wrong_channel": "It is for the channel {} only.",
    "wrong_country": "It is for deliveries to {} only.",
    "wrong_currency": "It is for prices in {} only.",
    "wrong_attribute": "It is for other values of {} only.",
    "wrong_order_type": "It is for orders of type {} only.",
    "wrong_unit": "It is for the unit {}, which this question does not ask in.",
    "wrong_step": "Its action does not fit the step {}.",
    "no_access": "Its scope is not among those that its step looks for.",
    "no_rate": "Its value is in {}, and no exchange rate is valid at this moment.",
    "list_not_assigned": "The price list {} is not assigned to this customer.",
    "not_yet_valid": "It is valid from {}.",
    "expired": "It was valid until {}.",
    "unless": "What it excludes is the case here.",
    "requires_more": _requires,
    "requires_less": _requires,
    "measure_unknown": "Its {} cannot be measured here.",
    "contract_not_valid": "The contract {} is not this customer's, or not for this item, or not in force.",
    "cap_exhausted": "It is used up.",
    "cap_exceeded": _cap_exceeded,
    "excluded": _excluded,
    "chain_beaten": "Another way to make the price was taken.",
    "list_displaced": "The price list {} does not count beside those before it.",
    "below_limit": "A rule applies that may lie below limits.",
    "cost_missing": "It bounds the price by the cost, which is not stated: state the item's cost, or except the item.",
    "no_attribute": "The item has no price attribute {}.",
    "no_measure": "The item holds none of {}.",
    "not_lower": "The price is as low without it.",
    "limit_reached": "A limit leaves nothing for it.",
    "nothing_to_reduce": "There is nothing that it could take off.",
    "too_little_bought": "Too little of what it is for is in the basket.",
    "unknown_gift": "The goods that it adds are not known, or not in its unit.",
    "below_break": _below_break,
    "above_break": _above_break,
    "beaten": _beaten,
    "stopped_by_final": _final,
    "no_source_price": "The list that it starts from, {}, has no price for the item.",
    "no_price_yet": "There is no price that it could work on.",
    "limit_kept": _limit_kept,
}

NO_PRICE_TEXTS = {
    "formula_without_price": "The list that this price starts from has no price for the item.",
    "no_price": "No price is stated for this item that this customer may have.",
    "not_in_assortment": "The item is not in this customer's or channel's assortment.",
    "item_blocked": "The item is blocked.",
    "item_ended": "The item is no longer sold.",
    "limit_unknown": "A limit cannot be checked, because the fact it starts from (the cost) is not stated.",
    "cost_unknown": "The price comes from the cost, which is not stated.",
    "tax_unknown": "The list holds prices with tax, and no tax is stated for this item and destination.",
    "amount_out_of_range": "The amount has more digits than a price can have.",
    "attribute_unknown": "The price comes from a price attribute that the item does not have.",
    "quotation_unknown": "A surcharge follows a quotation that is not stated for this day.",
    "no_rate": "No exchange rate is valid at this moment.",
    "tie": "Two rules come first alike, and the scheme lets no code decide between them.",
    "erp_no_price": "The management system has no price for it.",
    "formula_loop": "The price lists refer to each other in a circle.",
}


def no_price_text(reason: str) -> str:
    """Why there is no price, as a sentence."""
    return NO_PRICE_TEXTS.get(reason, reason.replace("_", " ").capitalize() + ".")
