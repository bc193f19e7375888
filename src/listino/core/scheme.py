"""Schemes: in which steps a price is made. Data, checked when saved, compiled once into a plan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from listino.core.errors import Fault
from listino.core.rules import DEFAULT_SCHEME, Scheme, Step, Text

STEPS_MAX = 40
STEP_KINDS = ("price", "allowance", "charge", "limit", "rounding")
PICKS = ("specific", "first", "best", "all")
BASES = ("running", "price", "cost")
COMBINES = ("cascade", "additive")
# A rank may order by these; those of STATIC_RANKS do not depend on quantity, unit or value asked.
STATIC_RANKS = (
    "access",
    "list",
    "sequence",
    "priority",
    "filled_keys",
    "nearest",
    "own_currency",
    "start",
    "code",
)
MOVING_RANKS = ("own_unit", "tier", "value")
RANKS = (*STATIC_RANKS, *MOVING_RANKS)

PARTIES = ("customer", "account", "customer_group", "channel")
ITEM_SCOPES = ("variant", "item", "item_group+brand", "item_group", "brand")

# A standing price list: a later start replaces the whole ladder before it, then the higher break.
STANDING_RANK = (
    "access", "list", "sequence", "priority", "filled_keys", "nearest", "own_currency", "own_unit", "start", "tier",
    "value", "code",
)  # fmt: skip
PROMOTION_RANK = ("value", "priority", "access", "start", "code")

# What is in the list `base` by its own place comes after all that was stated otherwise.
BASE = "base"

# Most specific first: who before what. A rule in a list counts as for whom the list is assigned to.
_GOODS = tuple(f"{ship}{scope}" for scope in ITEM_SCOPES for ship in ("ship_to+", ""))
ACCESS = (
    *(f"{party}+{goods}" for party in PARTIES for goods in _GOODS), *_GOODS,
    *(f"{party}+ship_to" for party in PARTIES), "ship_to", *PARTIES, "all",
    *(f"{BASE}+{goods}" for goods in (*_GOODS, "ship_to")), BASE,
)  # fmt: skip


def agreement_first() -> Scheme:
    """The default scheme: what was agreed with the customer comes before what is for many."""

    def step(name: str, kind: str, pick: str, rank: tuple[str, ...] = STANDING_RANK) -> Step:
        return Step(name=name, kind=kind, pick=pick, rank=rank, access=ACCESS)

    return Scheme(
        code=DEFAULT_SCHEME,
        name={"en": "What was agreed comes first", "it": "Prima gli accordi"},
        steps=(
            step("price", "price", "specific"),
            step("discount", "allowance", "specific"),
            step("customer_discount", "allowance", "specific"),
            step("promotion", "allowance", "best", PROMOTION_RANK),
            step("manual", "allowance", "all"),
            step("charge", "charge", "all"),
            step("limit", "limit", "all"),
            Step(name="rounding", kind="rounding"),
        ),
    )


READY_SCHEMES = {DEFAULT_SCHEME: agreement_first()}


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step made ready: which access has which place, and which part of its rank never moves.

    Shapes:  static_of, moving_of: take the values of STATIC_RANKS and a None, and give the two parts
             of the rank, with None in place of what waits for the question.
    """

    name: str
    kind: str
    label: Text | None
    pick: str
    access: dict[str, int]
    static_of: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    moving_of: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    moving_rank: tuple[str, ...]
    base: str
    combine: str
    currency_required: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A scheme made ready to resolve prices with.

    Shapes:  default_steps: by action and sign, the step of a rule that names none; empty: by step,
             what a pair has in it that no rule matters to, the same for all such pairs.
    """

    code: str
    steps: tuple[StepPlan, ...]
    default_steps: dict[tuple[str, str | None], str]
    empty: dict[str, Any] = field(default_factory=dict)


def planned(scheme: Scheme) -> Plan:
    """A scheme compiled into a plan."""
    first: dict[str, str] = {}
    for step in scheme.steps:
        first.setdefault(step.kind, step.name)
    defaults: dict[tuple[str, str | None], str] = {}
    for action, sign, kind in (
        ("price", None, "price"), ("percent", None, "allowance"), ("percent", "allowance", "allowance"),
        ("percent", "charge", "charge"), ("amount", None, "allowance"), ("amount", "allowance", "allowance"),
        ("amount", "charge", "charge"), ("limit", None, "limit"),
    ):  # fmt: skip
        if kind in first:
            defaults[action, sign] = first[kind]
    return Plan(scheme.code, tuple(_planned(step) for step in scheme.steps), defaults)


def _planned(step: Step) -> StepPlan:
    rank = step.rank or (PROMOTION_RANK if step.pick == "best" else STANDING_RANK)
    if step.pick == "specific" and rank[0] != "access":
        rank = ("access", *(name for name in rank if name != "access"))
    if rank[-1] != "code":
        rank = (*rank, "code")
    static = 0
    while static < len(rank) and rank[static] in STATIC_RANKS:
        static += 1
    return StepPlan(
        step.name, step.kind, step.label, step.pick,
        {name: index for index, name in enumerate(step.access or ACCESS)},
        _getter(rank[:static]), _getter(rank[static:]), rank[static:], step.base, step.combine, step.currency_required,
    )  # fmt: skip


def _getter(names: tuple[str, ...]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    places = [STATIC_RANKS.index(name) if name in STATIC_RANKS else len(STATIC_RANKS) for name in names]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def scheme_faults(scheme: Scheme) -> Iterator[Fault]:
    """What is wrong with a scheme: every step must be of a known kind, pick and rank."""
    if not 1 <= len(scheme.steps) <= STEPS_MAX:
        yield Fault("steps", "count", f"A scheme has 1 to {STEPS_MAX} steps.", "Send its steps in order.")
    names = [step.name for step in scheme.steps]
    for index, step in enumerate(scheme.steps):
        path = f"steps[{index}]"
        if names.index(step.name) != index:
            yield Fault(f"{path}.name", "twice", f"Two steps are named {step.name!r}.", "Name each step differently.")
        for name, value, choices in (
            ("kind", step.kind, STEP_KINDS),
            ("pick", step.pick, PICKS),
            ("base", step.base, BASES),
            ("combine", step.combine, COMBINES),
        ):
            if value not in choices:
                yield _not_a_choice(f"{path}.{name}", value, choices)
        for place, rank in enumerate(step.rank):
            if rank not in RANKS:
                yield _not_a_choice(f"{path}.rank[{place}]", rank, RANKS)
        for place, access in enumerate(step.access):
            if not _is_access(access):
                yield _not_a_choice(f"{path}.access[{place}]", access, ACCESS)
    if not any(step.kind == "price" for step in scheme.steps):
        yield Fault("steps", "no_price_step", "A scheme needs a step of kind price.", "Add one as the first step.")


def _not_a_choice(field: str, value: str, choices: tuple[str, ...]) -> Fault:
    return Fault(field, "not_a_choice", f"{field} cannot be {value!r}.", "Send one of: " + ", ".join(choices) + ".")


_ACCESS_FIELDS = (
    BASE,
    "customer",
    "account",
    "customer_group",
    "channel",
    "ship_to",
    "item",
    "variant",
    "item_group",
    "brand",
)


def _is_access(access: str) -> bool:
    if access == "all":
        return True
    places = [_ACCESS_FIELDS.index(part) if part in _ACCESS_FIELDS else -1 for part in access.split("+")]
    return -1 not in places and places == sorted(set(places))
