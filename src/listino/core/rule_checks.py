"""What must be true of a rule before it is kept: that its parts fit each other and its action."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.errors import Fault
from listino.core.rules import Offer, Requirement, Rule, Scale, Scope

TIERS_MAX = 100
REQUIRES_MAX = 10
EXCEPTIONS_MAX = 10
# Of what a percentage may be; `list:`, `attribute:` and `step:` go before a code or name.
BASES = ("running", "price", "gross", "cost")
NAMED_BASES = ("list:", "attribute:", "step:")
# Over what a measure may be taken; `mix:` goes before a key, `period:` before a contract's code.
MEASURED_BY = ("line", "order")
VALUELESS = frozenset(["indexed", "free_goods", "bundle"])


def rule_faults(rule: Rule) -> Iterator[Fault]:
    """All that is wrong with a rule by itself, its fields being right each by itself."""
    yield from _value_faults(rule)
    yield from _part_faults(rule)
    yield from _scope_faults(rule)
    if rule.basis is not None and not is_basis(rule.basis):
        choices = ", ".join((*BASES, *(f"{name}CODE" for name in NAMED_BASES)))
        yield Fault("basis", "not_a_choice", f"basis cannot be {rule.basis!r}.", f"Send one of: {choices}.")
    if rule.action == "limit" and rule.bound is None:
        yield Fault("bound", "missing", "A limit needs its bound.", "Send min or max.")
    if rule.scale is not None:
        yield from _scale_faults(rule, rule.scale)
    if len(rule.requires) > REQUIRES_MAX:
        yield Fault("requires", "too_many", f"A rule has at most {REQUIRES_MAX} requirements.", "Leave some out.")
    for index, requirement in enumerate(rule.requires):
        yield from _requirement_faults(requirement, f"requires[{index}]")


def is_basis(basis: str) -> bool:
    """Whether a percentage can be of this."""
    return basis in BASES or any(basis.startswith(name) and len(basis) > len(name) for name in NAMED_BASES)


def _value_faults(rule: Rule) -> Iterator[Fault]:
    has_value = rule.value is not None
    if rule.scale is None and rule.formula is None and not has_value and rule.action not in VALUELESS:
        yield Fault("value", "missing", "A rule needs a value, a scale or a formula.", 'Send value, as "12.50".')
    if (rule.scale is not None) + (rule.formula is not None) + has_value > 1:
        yield Fault("value", "two_values", "value, scale and formula exclude each other.", "Send one of them.")
    for path, value in _values(rule):
        if value < 0:
            yield Fault(path, "negative", f"{path} cannot be below 0.", "Send it without sign; `sign` says which way.")
        elif rule.action == "percent" and rule.sign != "charge" and value > 100:
            yield Fault(path, "over_100", "A discount cannot be above 100 percent.", "Send the percentage, as 10.")
        elif rule.action == "margin" and rule.basis in {"price", "gross"} and value >= 100:
            yield Fault(path, "over_100", "A margin is below 100 percent of the price.", "Send the percentage, as 30.")


def _values(rule: Rule) -> Iterator[tuple[str, Decimal]]:
    if rule.value is not None:
        yield "value", rule.value
    for index, tier in enumerate(rule.scale.tiers if rule.scale else ()):
        yield f"scale.tiers[{index}].value", tier.value


def _part_faults(rule: Rule) -> Iterator[Fault]:
    formula = rule.formula
    if formula is not None:
        if rule.action != "price":
            yield Fault("formula", "not_a_price", "Only a price can be a formula.", 'Send action "price".')
        if sum(source is not None for source in (formula.list, formula.attribute, formula.basis)) != 1:
            text = "A formula starts from a list, a price attribute or a basis."
            yield Fault("formula", "no_source", text, 'Name one: list, attribute, or basis "cost" or "base".')
    if (rule.action == "indexed") != (rule.indexed is not None):
        text = "A surcharge by quotation has action `indexed`, and `indexed` says by which."
        yield Fault("indexed", "incomplete", text, "Send both or neither.")
    if rule.action in ("free_goods", "bundle"):
        if rule.offer is None:
            text = f"{rule.action} needs an offer."
            yield Fault("offer", "missing", text, "Say what must be bought and what gets cheaper.")
        else:
            yield from _offer_faults(rule, rule.offer)
    elif rule.offer is not None:
        yield Fault("offer", "not_an_offer", "Only free_goods and bundle have an offer.", "Leave it out.")
    if rule.own_line is not None and (rule.action not in ("amount", "percent", "indexed") or rule.sign == "allowance"):
        text = "Only an amount, a percentage or a surcharge by quotation can stand on a line of its own."
        yield Fault("own_line", "not_a_charge", text, 'Send action "amount" with sign "charge".')
    elif rule.own_line is not None and rule.sign == "allowance":
        text = "What stands on a line of its own is charged."
        yield Fault("sign", "not_a_charge", text, 'Send sign "charge", or leave it out.')
    caps = rule.caps
    if caps is not None:
        for name in ("uses", "per_customer", "quantity", "amount", "amount_per_order"):
            most = getattr(caps, name)
            if most is not None and most < 0:
                yield Fault(f"caps.{name}", "negative", f"caps.{name} cannot be below 0.", "Send 0 or more.")


def _offer_faults(rule: Rule, offer: Offer) -> Iterator[Fault]:
    if rule.action == "free_goods" and offer.item is None:
        yield Fault("offer.item", "missing", "Free goods need the item that is given.", "Send its code.")
    if rule.action == "bundle" and offer.item is not None:
        yield Fault("offer.item", "not_free_goods", "A bundle reduces goods of the basket.", "Use `target` instead.")
    if offer.reduction != "percent" and rule.value is None and rule.scale is None:
        yield Fault("value", "missing", f"A reduction by {offer.reduction} needs a value.", 'Send value, as "20.00".')
    if offer.reduction == "percent" and rule.value is not None and rule.value > 100:
        yield Fault("value", "over_100", "A reduction cannot be above 100 percent.", "Send the percentage, as 50.")
    if rule.action == "free_goods" and offer.reduction.startswith("set_"):
        text = "Goods that are added have a price each."
        yield Fault("offer.reduction", "not_a_bundle", text, "Send percent, amount or price.")
    if offer.quantity_from is not None and offer.amount_from is not None:
        text = "An offer counts units or an amount."
        yield Fault("offer.amount_from", "two_measures", text, "Send one; require the other by `requires`.")
    if offer.quantity is not None and offer.quantity <= 0:
        yield Fault("offer.quantity", "not_positive", "offer.quantity must be above 0.", "Send a number above 0.")
    if offer.times_max is not None and offer.times_max < 1:
        yield Fault("offer.times_max", "not_positive", "offer.times_max must be 1 or more.", "Send 1 or more.")


def _scope_faults(rule: Rule) -> Iterator[Fault]:
    unless = rule.unless
    exceptions = unless if isinstance(unless, tuple) else () if unless is None else (unless,)
    if len(exceptions) > EXCEPTIONS_MAX:
        text = f"A rule has at most {EXCEPTIONS_MAX} exceptions."
        yield Fault("unless", "too_many", text, "Name a group or an item set.")
    if any(scope == Scope() for scope in exceptions) or unless == ():
        text = "An empty `unless` would always hold."
        yield Fault("unless", "empty", text, "Name what is excepted, or leave it out.")


def _requirement_faults(requirement: Requirement, path: str) -> Iterator[Fault]:
    if requirement.by not in MEASURED_BY and not requirement.by.startswith("period:"):
        text = f"{path}.by cannot be {requirement.by!r}."
        yield Fault(f"{path}.by", "not_a_choice", text, "Send line, order or period:CONTRACT.")
    low, high = requirement.from_, requirement.up_to
    if low is None and high is None:
        yield Fault(f"{path}.from", "missing", "A requirement needs a bound.", "Send from, up_to or both.")
    elif low is not None and high is not None and high < low:
        yield Fault(f"{path}.up_to", "not_growing", "up_to lies below from.", "Send a larger up_to.")


def _scale_faults(rule: Rule, scale: Scale) -> Iterator[Fault]:
    if scale.by not in MEASURED_BY and not (scale.by.startswith(("mix:", "period:")) and scale.by[-1] != ":"):
        text = f"scale.by cannot be {scale.by!r}."
        yield Fault("scale.by", "not_a_choice", text, "Send line, order, mix:KEY or period:CONTRACT.")
    if scale.measure == "amount" and rule.action in ("price", "margin"):
        text = "A price cannot depend on an amount that is only known from it."
        yield Fault("scale.measure", "circular", text, "Measure quantity or weight, or give a discount instead.")
    if not 1 <= len(scale.tiers) <= TIERS_MAX:
        yield Fault("scale.tiers", "count", f"A scale has 1 to {TIERS_MAX} tiers.", "Send the breaks as tiers.")
        return
    upward = scale.tiers[0].from_ is None
    last: Decimal | None = None
    for index, tier in enumerate(scale.tiers):
        bound, other = (tier.up_to, tier.from_) if upward else (tier.from_, tier.up_to)
        path = f"scale.tiers[{index}]"
        if other is not None or (bound is None and not (upward and index == len(scale.tiers) - 1)):
            yield Fault(path, "mixed", "All tiers of a scale say `from`, or all say `up_to`.", "Use one of the two.")
        elif bound is not None and (bound < 0 or (last is not None and bound <= last)):
            yield Fault(path, "not_growing", "Each tier must lie above the one before.", "Sort the tiers, 0 or more.")
        last = bound if bound is not None else last
