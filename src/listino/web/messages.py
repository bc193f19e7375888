"""The messages that the doors share: what is asked and answered, field by field."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

# Decimals are answered as plain text, exactly as they are.
Amount = str


class RoundingLine(Struct, omit_defaults=True):
    """The grid that a price was brought onto: steps of `increment`, moved by `offset`, then `decimals`."""

    increment: Amount | None = None
    offset: Amount = "0"
    direction: str = "nearest"
    decimals: int | None = None


class FormulaLine(Struct, omit_defaults=True):
    """What a formula did with the price that it started from: percent, amount, rounding, margins in that order."""

    percent: Amount = "0"
    amount: Amount = "0"
    rounding: RoundingLine | None = None
    min_margin: Amount | None = None
    max_margin: Amount | None = None


class IndexedLine(Struct, omit_defaults=True):
    """A quotation and what the item holds of it: (value - reference) / per x holds x rate, at least `lowest`."""

    quotation: str
    value: Amount
    reference: Amount
    holds: Amount
    per: Amount = "1"
    rate: Amount = "1"
    lowest: Amount | None = None


class TierPart(Struct):
    """So much of what is bought counts at this value of a graduated scale."""

    quantity: Amount
    value: Amount | None


class StepLine(Struct, omit_defaults=True):
    """One step that led to the price: with the price before and after it, and all that its arithmetic needs.

    What is not said is as in the answer (currency, unit, per), or does not take part in it.
    """

    step: str
    kind: str
    rule: str | None
    label: str | None
    value: Amount | None
    price_in: Amount | None
    price_out: Amount | None
    action: str | None = None
    currency: str | None = None
    rate: Amount | None = None
    per: Amount | None = None
    unit: str | None = None
    units: Amount | None = None
    tax_mode: str | None = None
    basis: str | None = None
    base: Amount | None = None
    parts: list[TierPart] | None = None
    formula: FormulaLine | None = None
    indexed: IndexedLine | None = None
    rounding: RoundingLine | None = None
    reference_percent: Amount | None = None
    bound: str | None = None
    lowest: Amount | None = None
    highest: Amount | None = None
    left: Amount | None = None
    actor: str | None = None
    reason: str | None = None
    confidential: bool = False


class NotAppliedLine(Struct):
    """One rule that did not apply, and why."""

    step: str
    rule: str
    label: str | None
    reason: str
    text: str


class BreakLine(Struct, omit_defaults=True, rename={"from_": "from"}):
    """A quantity break: the price `from` a quantity on, or `above` one."""

    net_price: Amount
    gross_price: Amount | None
    per: Amount
    from_: Amount | UnsetType = UNSET
    above: Amount | UnsetType = UNSET


class ShareLine(Struct, omit_defaults=True):
    """What a rule of the basket takes off a line (kind allowance), or adds to it (charge)."""

    step: str
    kind: str
    rule: str
    label: str | None
    value: Amount | None
    amount: Amount
    action: str | None = None
    base: Amount | None = None
    total: Amount | None = None
    cut: Amount | None = None
    units: Amount | None = None
    capped: bool = False
    basis: str | None = None
    currency: str | None = None
    rate: Amount | None = None
    tax_mode: str | None = None
    times: Amount | None = None


class ChargeLine(Struct):
    """A charge that stands beside the line's amounts on a line of its own: a deposit, an eco tax, a cut."""

    rule: str
    label: str | None
    quantity: Amount
    price: Amount
    net: Amount
    tax: Amount | None
    gross: Amount | None
    tax_percent: Amount | None
    tax_category: str | None
    tax_reason: str | UnsetType = UNSET
    shares: list[ShareLine] | UnsetType = UNSET


class Segment(Struct, omit_defaults=True):
    """A part of a line that the end of a cap splits, priced by itself."""

    quantity: Amount
    per: Amount
    tax_mode: str
    net_price: Amount
    gross_price: Amount | None
    net: Amount
    tax: Amount | None
    gross: Amount | None
    steps: list[StepLine] = []


class PriceAnswer(Struct):
    """A price, or that there is none and why."""

    outcome: str
    item: str
    customer: str | None
    quantity: Amount
    unit: str
    currency: str
    reason: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    per: Amount | UnsetType = UNSET
    net_price: Amount | UnsetType | None = UNSET
    gross_price: Amount | UnsetType | None = UNSET
    list_price: Amount | UnsetType | None = UNSET
    net: Amount | UnsetType = UNSET
    tax: Amount | UnsetType | None = UNSET
    gross: Amount | UnsetType | None = UNSET
    tax_percent: Amount | UnsetType | None = UNSET
    tax_category: str | UnsetType = UNSET
    tax_reason: str | UnsetType = UNSET
    tax_mode: str | UnsetType = UNSET
    price_list: str | UnsetType | None = UNSET
    list_gross_price: Amount | UnsetType | None = UNSET
    discount_price: Amount | UnsetType = UNSET
    discount_percent: Amount | UnsetType = UNSET
    discount: Amount | UnsetType = UNSET
    visibility: str | UnsetType = UNSET
    reference_unit: str | UnsetType = UNSET
    reference_net_price: Amount | UnsetType = UNSET
    reference_gross_price: Amount | UnsetType | None = UNSET
    prior_net_price: Amount | UnsetType = UNSET
    prior_gross_price: Amount | UnsetType | None = UNSET
    prior_price_since: str | UnsetType = UNSET
    reduced_since: str | UnsetType = UNSET
    reduction_percent: Amount | UnsetType = UNSET
    prior_price_missing: str | UnsetType = UNSET
    own_lines: list[ChargeLine] | UnsetType = UNSET
    segments: list[Segment] | UnsetType = UNSET
    flags: list[str] | UnsetType = UNSET
    steps: list[StepLine] | UnsetType = UNSET
    not_applied: list[NotAppliedLine] | UnsetType = UNSET
    next_break: BreakLine | None = None
    next_change_at: str | None = None
    ladder: list[BreakLine] | UnsetType = UNSET
    price_source: str | UnsetType = UNSET
    price_as_of: str | UnsetType | None = UNSET


class UnpricedLine(Struct):
    """What a customer asked for and has no price of: the last such question, how often, and why there is none."""

    item: str
    customer: str | None
    channel: str | None
    quantity: Amount
    unit: str
    currency: str
    country: str | None
    ship_to: str | None
    order_type: str | None
    coupons: list[str]
    reason: str
    text: str
    nearest: NotAppliedLine | None
    times: int
    first_at: str
    last_at: str


class HistoryLine(Struct):
    """One step in an order's life: which state, when, by whom and why."""

    state: str
    at: str
    actor: str
    text: str | None = None


class RecordName(Struct):
    """A record by its kind and code."""

    kind: str
    code: str


class NoticeLine(Struct, omit_defaults=True):
    """Something that was noticed about a record when it was saved."""

    kind: str
    code: str
    field: str
    check: str
    text: str
    remedy: str
    other: RecordName | None
    before: Amount | UnsetType | None = UNSET
    after: Amount | UnsetType = UNSET
    cost: Amount | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    per: Amount | UnsetType = UNSET
    unit: str | UnsetType = UNSET


class FaultLine(Struct):
    """What is wrong with one field, and the remedy."""

    field: str
    code: str
    text: str
    remedy: str


class Problem(Struct, omit_defaults=True):
    """A refusal or failure (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FaultLine] = []
    incident: str | None = None
    to_confirm: list[NoticeLine] = []


Plain = dict[str, Any]
