"""What must be true of a scheme before it is kept: its steps must be of known kinds, picks and ranks."""

from collections.abc import Iterator

from listino.core.errors import Fault
from listino.core.rule_checks import BASES, is_basis
from listino.core.rules import Scheme, Step
from listino.core.scheme import (
    ACCESS,
    BASE,
    CHAINS_MAX,
    COMBINES,
    COUNTED,
    PICKS,
    RANKS,
    STEP_KINDS,
    STEPS_MAX,
    TIES,
    every_step,
)

_ACCESS_FIELDS = (
    BASE, "customer", "account", "customer_group", "channel", "ship_to", "item", "variant", "item_set", "item_group",
    "brand",
)  # fmt: skip
_COUNTED_FIELDS = frozenset(
    [*_ACCESS_FIELDS[1:], "list", "coupon", "country", "currency", "unit", "order_type", "attributes"]
)


def scheme_faults(scheme: Scheme) -> Iterator[Fault]:
    """What is wrong with a scheme, step by step."""
    steps = tuple(every_step(scheme))
    if not 1 <= len(steps) <= STEPS_MAX or not scheme.steps:
        yield Fault("steps", "count", f"A scheme has 1 to {STEPS_MAX} steps.", "Send its steps in order.")
    names: set[str] = set()
    for path, step in steps:
        if step.name in names:
            yield Fault(f"{path}.name", "twice", f"Two steps are named {step.name!r}.", "Name each step differently.")
        names.add(step.name)
        yield from _step_faults(path, step)
    yield from _unpriced_chains(scheme)
    if not any(step.kind == "price" for _, step in steps):
        yield Fault("steps", "no_price_step", "A scheme needs a step of kind price.", "Add one as the first step.")


def _step_faults(path: str, step: Step) -> Iterator[Fault]:
    for name, value, choices in (
        ("kind", step.kind, STEP_KINDS),
        ("pick", step.pick, PICKS),
        ("combine", step.combine, COMBINES),
        ("when_unknown", step.when_unknown, ("refuse", "flag")),
        ("ties", step.ties, TIES),
    ):
        if value not in choices:
            yield _not_a_choice(f"{path}.{name}", value, choices)
    if not is_basis(step.base):
        yield _not_a_choice(f"{path}.base", step.base, (*BASES, "list:CODE", "attribute:NAME", "step:NAME"))
    for place, rank in enumerate(step.rank):
        counted = rank.removeprefix(COUNTED).split("+") if rank.startswith(COUNTED) else None
        if rank not in RANKS and (counted is None or not _COUNTED_FIELDS.issuperset(counted)):
            yield _not_a_choice(f"{path}.rank[{place}]", rank, (*RANKS, f"{COUNTED}FIELD+FIELD"))
    for place, access in enumerate(step.access):
        if not _is_access(access):
            yield _not_a_choice(f"{path}.access[{place}]", access, ACCESS)
    if step.combine == "once" and step.kind != "basket":
        text = "Units of goods are told apart in a step of the basket alone."
        yield Fault(f"{path}.combine", "not_a_basket", text, "Send cascade or additive.")
    if step.ties == "refuse" and (step.kind in ("basket", "rounding", "choose") or step.pick == "all"):
        text = "Only a step of one line in which one rule wins can refuse ties."
        yield Fault(f"{path}.ties", "nothing_ties", text, "Send code, or leave it out.")
    yield from _chain_faults(path, step)
    if step.kind != "rounding" and (step.rounding is not None or step.currency is not None):
        text = "Only a step of kind rounding has a rounding of its own."
        yield Fault(f"{path}.rounding", "not_a_rounding", text, "Leave it out, or make a step of kind rounding.")


def _unpriced_chains(scheme: Scheme) -> Iterator[Fault]:
    """The chains that never have an answer: without a step for the price, where none stands before the choice."""
    for index, step in enumerate(scheme.steps):
        for place, chain in enumerate(step.chains):
            if not any(inner.kind == "price" for inner in chain.steps):
                text = f"The chain {chain.name!r} has no step of kind price, so it never has an answer."
                path = f"steps[{index}].chains[{place}].steps"
                yield Fault(path, "no_price_step", text, "Add one as its first step.")
        if step.kind in ("price", "choose"):
            return


def _chain_faults(path: str, step: Step) -> Iterator[Fault]:
    if step.kind != "choose":
        if step.chains:
            yield Fault(f"{path}.chains", "not_a_choice", "Only a step of kind choose has chains.", "Leave them out.")
        return
    if not 2 <= len(step.chains) <= CHAINS_MAX:
        text = f"A choice is between 2 to {CHAINS_MAX} chains."
        yield Fault(f"{path}.chains", "count", text, "Send each way to make the price.")
    if step.pick not in ("best", "first"):
        yield _not_a_choice(f"{path}.pick", step.pick, ("best", "first"))
    for place, chain in enumerate(step.chains):
        for index, inner in enumerate(chain.steps):
            if inner.kind in ("choose", "basket"):
                where = f"{path}.chains[{place}].steps[{index}].kind"
                yield Fault(where, "too_deep", f"A chain cannot hold a step of kind {inner.kind}.", "Move it out.")


def _not_a_choice(field: str, value: str, choices: tuple[str, ...]) -> Fault:
    return Fault(field, "not_a_choice", f"{field} cannot be {value!r}.", "Send one of: " + ", ".join(choices) + ".")


def _is_access(access: str) -> bool:
    if access == "all":
        return True
    places = [_ACCESS_FIELDS.index(part) if part in _ACCESS_FIELDS else -1 for part in access.split("+")]
    return -1 not in places and places == sorted(set(places))
