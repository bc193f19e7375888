"""A price as a salesperson reads it: the steps from the list to the customer's price, in words."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from listino.cli import screen
from listino.core.explain import no_price_text, quantity_text, text_in, why_not
from listino.core.money import minor_digits, plain
from listino.core.prior import NoPrior, Prior
from listino.core.question import AppliedStep, NoPrice, Price
from listino.core.rules import Formula, Rule, Text
from listino.core.validity import zone_named
from listino.db.snapshot import Snapshot, company, version
from listino.flows.price import Answered, Asked

STEP_WORDS = {
    "price": "Price",
    "discount": "Discount",
    "customer_discount": "Customer discount",
    "promotion": "Promotion",
    "manual": "Manual discount",
    "charge": "Surcharge",
    "limit": "Limit",
    "rounding": "Rounding",
}
SCOPE_WORDS = {
    "customer": "customer",
    "account": "account",
    "customer_group": "customer group",
    "ship_to": "delivery address",
    "item": "item",
    "variant": "variant",
    "item_group": "item group",
    "brand": "brand",
    "item_set": "item set",
    "coupon": "coupon",
    "channel": "channel",
    "country": "country",
    "order_type": "order type",
}

NO_PRIOR_TEXTS = {
    "new_item": "the item was not on sale for long enough before it.",
    "history_gone": "the versions that held then are no longer kept.",
    "history_too_long": "the price changed too often since then to be looked at.",
}


def print_answer(book: Snapshot, asked: Asked, answered: Answered) -> None:
    """Print a price with its steps and breaks, or why there is none; and what did not apply, where asked."""
    outcome = answered.price
    _print_head(book, asked, answered)
    _print_all_steps(book, answered)
    if isinstance(outcome, NoPrice):
        screen.say(f"No price: {no_price_text(outcome.reason)}", "bold")
    else:
        _print_price(outcome)
        _print_own_lines(outcome)
    if answered.prior is not None:
        _print_prior(book, answered.prior, outcome)
    _print_breaks(answered)
    _print_validity(book, outcome)
    if asked.explain == "all":
        _print_not_applied(outcome)


def print_explanation(book: Snapshot, answered: Answered, not_applied_max: int) -> None:
    """Print the steps of a price, and of what did not apply what came nearest to it."""
    _print_all_steps(book, answered)
    if answered.price.not_applied:
        _print_not_applied(answered.price, not_applied_max)


def _print_all_steps(book: Snapshot, answered: Answered) -> None:
    """The steps of a line; of one that the end of a rule splits, those of each part."""
    price = answered.price
    if isinstance(price, NoPrice) or not price.segments:
        _print_steps(book, answered, price.steps)
        return
    for part in price.segments:
        each = plain(part.net_price, minor_digits(part.currency))
        per = _per(part.per, part.unit)
        screen.say(f"{plain(part.quantity)} {part.unit} of it at {each} {part.currency} per {per} net:")
        _print_steps(book, answered, part.steps)


def _print_steps(book: Snapshot, answered: Answered, steps: list[AppliedStep]) -> None:
    rows = [_step_row(book, step, answered) for step in steps]
    if rows:
        right = ("Value", "Before", "After")
        screen.show(screen.table(None, ("Step", "What", "For", *right), rows, right))


def _print_head(book: Snapshot, asked: Asked, answered: Answered) -> None:
    item, outcome = answered.facts.item, answered.price
    name = text_in(item.name)
    screen.say(f"{name} ({item.code})" if name else f"Item {item.code}", "bold")
    parts = [f"Customer {outcome.customer}" if outcome.customer else "Any guest"]
    if answered.facts.circle.channel:
        parts.append(f"channel {answered.facts.circle.channel}")
    parts += [f"{plain(outcome.quantity)} {outcome.unit}", outcome.currency, _local(asked.at, book)]
    if not book.newest:
        parts.append(f"as known at revision {book.revision}")
    screen.say(" · ".join(parts))


def _step_row(book: Snapshot, step: AppliedStep, answered: Answered) -> tuple[str, ...]:
    outcome = answered.price
    foreign = {
        one.rule.code: one.currency for group in answered.facts.steps for one in group.live if not one.own_currency
    }
    name, kind, code, label, value, before, after = step
    found = version(book, "rules", code) if code is not None else None
    rule = found.fact if found is not None and isinstance(found.fact, Rule) else None
    text = text_in(label) if label is None or isinstance(label, (str, dict)) else None
    what = f"{text} ({code})" if text and code else text or code or ""
    if rule is not None and rule.final:
        what += ", not further discountable"
    if rule is not None and rule.scale is not None:
        what += ", by quantity"
    if rule is not None and rule.formula is not None:
        what += _margins_text(rule.formula, rule.currency or outcome.currency)
    digits = minor_digits(outcome.currency)
    return (
        STEP_WORDS.get(name, name.replace("_", " ").capitalize()),
        what,
        _scope_text(rule, outcome.item) if rule is not None else "",
        _value_text(rule, kind, value, foreign.get(code or "", outcome.currency)),
        "" if before is None else plain(before, digits),
        plain(after, digits),
    )


def _margins_text(formula: Formula, currency: str) -> str:
    """How far above its source a formula's price is kept: without it a price of 9.00 from 6.00 and 25 % looks wrong."""
    digits = minor_digits(currency)
    bounds = (("at least", formula.min_margin), ("at most", formula.max_margin))
    return "".join(f", {word} {plain(bound, digits)} {currency} above" for word, bound in bounds if bound is not None)


def _scope_text(rule: Rule, item: str) -> str:
    """For whom and what a rule is meant; the item that was asked for goes without saying."""
    parts = [f"price list {rule.list}"] if rule.list is not None else []
    for field, word in SCOPE_WORDS.items():
        code = getattr(rule, field)
        if code is not None and not (field == "item" and code == item):
            parts.append(f"{word} {code}")
    return ", ".join(parts) or "everyone"


def _value_text(rule: Rule | None, kind: str, value: Decimal | None, currency: str) -> str:
    if value is None:
        return ""
    margin = rule is not None and rule.action == "margin"
    sign = "−" if kind == "allowance" else "+" if kind == "charge" or margin else ""
    percent = rule is not None and (
        rule.action == "percent" or margin or (rule.formula is not None and kind == "price")
    )
    if percent:
        if rule is not None and rule.formula is not None:
            sign, value = "−" if value < 0 else "+", abs(value)
        return f"{sign}{plain(value)} %"
    text = f"{sign}{plain(value, minor_digits(currency))} {currency}"
    if rule is not None and kind != "limit" and (rule.per != 1 or rule.unit is not None):
        text += f" per {_per(rule.per, rule.unit)}"
    return text


def _per(per: Decimal, unit: str | None) -> str:
    return (plain(per) + (f" {unit}" if unit else "")) if per != 1 else unit or "1"


def _print_price(price: Price) -> None:
    digits = minor_digits(price.currency)
    per = _per(price.per, price.unit)
    rows = [(f"Price per {per}", plain(price.net_price, digits), _or_none(price.gross_price, digits)),
            (f"Line of {plain(price.quantity)} {price.unit}", str(price.net), _or_none(price.gross, None))]  # fmt: skip
    columns = ("", f"Net {price.currency}", f"Gross {price.currency}")
    screen.show(screen.table(None, columns, rows, columns[1:]))
    if price.tax_fact is None:
        screen.say("Tax: none is stated for this item and destination.")
    else:
        reason = f" ({price.tax_fact.reason})" if price.tax_fact.reason else ""
        screen.say(f"Tax: {price.tax} {price.currency} at {plain(price.tax_fact.percent)} %{reason}.")
    if price.list_price != price.net_price:
        screen.say(
            "Before discounts, surcharges and rounding: "
            f"{plain(price.list_price, digits)} {price.currency} per {per} net."
        )


def _print_own_lines(price: Price) -> None:
    """What is charged beside the line: a deposit, an eco tax, a cut."""
    if not price.own_lines:
        return
    rows = [
        (
            _named(own.rule.code, own.rule.label),
            plain(own.quantity),
            str(own.net),
            _or_none(own.gross, None),
            "unknown" if own.tax_fact is None else f"{plain(own.tax_fact.percent)} %",
        )
        for own in price.own_lines
    ]
    right = ("Quantity", f"Net {price.currency}", f"Gross {price.currency}", "Tax")
    screen.show(screen.table("On lines of their own", ("What", *right), rows, right))


def _print_prior(book: Snapshot, prior: Prior | NoPrior, outcome: Price | NoPrice) -> None:
    if isinstance(prior, NoPrior):
        screen.say(f"Prior price of the reduction: none; {NO_PRIOR_TEXTS[prior.reason]}")
        return
    digits = minor_digits(outcome.currency)
    net, gross = plain(prior.price.net_price, digits), _or_none(prior.price.gross_price, digits)
    screen.say(
        f"Reduced since {_local(prior.reduced_since, book)}, by {plain(prior.percent)} %. Lowest price since "
        f"{_local(prior.since, book)} until then: {net} {outcome.currency} net, {gross} gross."
    )


def _or_none(amount: Decimal | None, digits: int | None) -> str:
    if amount is None:
        return "unknown"
    return str(amount) if digits is None else plain(amount, digits)


def _print_breaks(answered: Answered) -> None:
    if answered.next_break is not None:
        start, price = answered.next_break
        unit = answered.price.unit
        text = f"{plain(price.net_price, minor_digits(price.currency))} {price.currency}"
        screen.say(f"Next quantity break: {quantity_text(start)} {unit} at {text} per {_per(price.per, unit)} net.")
    if answered.ladder is not None:
        rows = [
            (
                f"{quantity_text(start)} {answered.price.unit}",
                plain(price.net_price, minor_digits(price.currency)),
                _or_none(price.gross_price, minor_digits(price.currency)),
            )
            for start, price in answered.ladder
        ]
        currency = answered.price.currency
        columns = ("Quantity", f"Net {currency}", f"Gross {currency}")
        screen.show(screen.table("Quantity breaks", columns, rows, columns[1:]))


def _print_validity(book: Snapshot, outcome: Price | NoPrice) -> None:
    if outcome.next_change_at is None:
        screen.say("Valid until the company changes something.")
    else:
        screen.say(f"Valid until {_local(outcome.next_change_at, book)}, unless the company changes something before.")


def _print_not_applied(outcome: Price | NoPrice, count_max: int | None = None) -> None:
    if not outcome.not_applied:
        screen.say("Nothing else could have applied to this line by itself.")
        return
    rows = [
        (
            STEP_WORDS.get(step, step.replace("_", " ").capitalize()),
            _named(rule.code, rule.label),
            _scope_text(rule, outcome.item),
            why_not(rule, reason, detail),
        )
        for step, rule, reason, detail in outcome.not_applied[:count_max]
    ]
    columns = ("Step", "What", "For", "Why not, and what would have to change")
    screen.show(screen.table("What did not apply", columns, rows))


def _named(code: str, label: Text | None) -> str:
    text = text_in(label)
    return f"{text} ({code})" if text else code


def _local(at: datetime, book: Snapshot) -> str:
    """An instant as the company's clocks show it."""
    name = company(book.reading).zone
    return f"{at.astimezone(zone_named(name) or ZoneInfo('UTC')):%Y-%m-%d %H:%M} {name}"
