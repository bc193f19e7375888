"""Schemes: in which steps a price is made. Data, checked when saved, compiled once into a plan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from listino.core.money import Rounding
from listino.core.rules import Scheme, Step, Text

STEPS_MAX = 40
CHAINS_MAX = 8
STEP_KINDS = ("price", "allowance", "charge", "limit", "basket", "rounding", "choose")
PICKS = ("specific", "first", "best", "all")
# How the rules of a step work together: each on what is left, each on what there was, each on units of its own.
COMBINES = ("cascade", "additive", "once")
TIES = ("code", "refuse")
# A rank may order by these; those of STATIC_RANKS do not depend on quantity, unit or value asked.
# `chain` is a list's place in the customer's chain; filled_keys may name which: filled_keys:currency+variant.
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
    "chain",
)
MOVING_RANKS = ("own_unit", "tier", "value")
RANKS = (*STATIC_RANKS, *MOVING_RANKS)
COUNTED = "filled_keys:"

PARTIES = ("customer", "account", "customer_group", "channel")
ITEM_SCOPES = ("variant", "item", "item_set+brand", "item_set", "item_group+brand", "item_group", "brand")

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
    static_rank: tuple[str, ...]
    moving_rank: tuple[str, ...]
    base: str
    combine: str
    currency_required: bool
    group: str | None = None
    counted: tuple[tuple[str, ...], ...] = ()
    chains: tuple[tuple["StepPlan", ...], ...] = ()
    rounding: Rounding | None = None
    currency: str | None = None
    when_unknown: str = "refuse"
    refuses_ties: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A scheme made ready to resolve prices with.

    Shapes:  default_steps: by a rule's family, the steps in which one that names none competes: one,
             or one of each chain of a choice; sources: the lists that percentages of its steps start
             from; by_step: whether one starts from the price after another step; empty: by step, what
             a pair has in it that no rule matters to, the same for all such pairs.
    """

    code: str
    steps: tuple[StepPlan, ...]
    default_steps: dict[str, tuple[str, ...]]
    sources: tuple[str, ...] = ()
    by_step: bool = False
    empty: dict[str, Any] = field(default_factory=dict)


def planned(scheme: Scheme) -> Plan:
    """A scheme compiled into a plan."""
    bases = [step.base for _, step in every_step(scheme)]
    sources = sorted({base.removeprefix("list:") for base in bases if base.startswith("list:")})
    by_step = any(base.startswith("step:") for base in bases)
    steps = tuple(_planned(step) for step in scheme.steps)
    return Plan(scheme.code, steps, _default_steps(scheme), tuple(sources), by_step)


# Rules that name no step compete by what they are; what works on the whole basket by when it does.
FAMILIES = ("price", "allowance", "charge", "limit", "offer", "order_charge")


def _default_steps(scheme: Scheme) -> dict[str, tuple[str, ...]]:
    defaults: dict[str, tuple[str, ...]] = {}
    for family in FAMILIES:
        kind = family if family in STEP_KINDS else "basket"
        for step in scheme.steps if family != "order_charge" else reversed(scheme.steps):
            within = [_first_of(kind, chain.steps) for chain in step.chains]
            names = (step.name,) if step.kind == kind else tuple(name for name in within if name is not None)
            if names:
                defaults[family] = names
                break
    return defaults


def _first_of(kind: str, steps: tuple[Step, ...]) -> str | None:
    return next((step.name for step in steps if step.kind == kind), None)


def _planned(step: Step) -> StepPlan:
    rank = step.rank or (PROMOTION_RANK if step.pick == "best" else STANDING_RANK)
    if step.pick == "specific" and rank[0] != "access":
        rank = ("access", *(name for name in rank if name != "access"))
    if rank[-1] != "code":
        rank = (*rank, "code")
    static = 0
    while static < len(rank) and rank[static] not in MOVING_RANKS:
        static += 1
    counted = tuple(name for name in rank if name.startswith(COUNTED))
    return StepPlan(
        step.name, step.kind, step.label, step.pick,
        {name: index for index, name in enumerate(step.access or ACCESS)},
        _getter(rank[:static], counted), _getter(rank[static:], counted), rank[:static], rank[static:], step.base,
        step.combine, step.currency_required, step.group,
        tuple(tuple(name.removeprefix(COUNTED).split("+")) for name in counted),
        tuple(tuple(_planned(inner) for inner in chain.steps) for chain in step.chains),
        step.rounding, step.currency, step.when_unknown, step.ties == "refuse",
    )  # fmt: skip


def _getter(names: tuple[str, ...], counted: tuple[str, ...]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Takes the values of STATIC_RANKS, a None and the counts, and gives those of the names."""
    places = [_place(name, counted) for name in names]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple([values[place] for place in places]) if places else ()


def _place(name: str, counted: tuple[str, ...]) -> int:
    if name in counted:
        return len(STATIC_RANKS) + 1 + counted.index(name)
    return STATIC_RANKS.index(name) if name in STATIC_RANKS else len(STATIC_RANKS)


def every_step(scheme: Scheme) -> Iterator[tuple[str, Step]]:
    """Every step of a scheme with its path, those within a choice too."""
    for index, step in enumerate(scheme.steps):
        yield f"steps[{index}]", step
        for place, chain in enumerate(step.chains):
            for inner, within in enumerate(chain.steps):
                yield f"steps[{index}].chains[{place}].steps[{inner}]", within
