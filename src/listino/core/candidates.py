"""Which rules can matter to one customer and one item, step by step, sorted by what never moves.

What depends on the quantity, the unit or the moment stays open; so this is kept for a pair and asked
again and again. What can never apply here is kept apart with its reason, for the explanation.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from listino.core.facts import PriceList, Rate
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import Rule
from listino.core.scheme import BASE, PARTIES, StepPlan
from listino.core.windows import Window

# The reason why a rule does not apply, and what its sentence needs.
Reason = tuple[str, object]
# A rank as values of which the smaller comes first.
Rank = tuple[Any, ...]


@dataclass(slots=True)
class Candidate:
    """One rule that can apply, as it stands towards this customer, item, channel and currency.

    Shapes:  windows: when it, its group and its list hold, disjoint; granted: when its group and its
             list hold, where its own time is the delivery's; moving: the part of its rank that waits for
             the question, empty where it has no rival; always: nothing about it depends on time or the
             order; free: it applies to whatever is asked; of_running: it is a percentage of the price as it
             stands when its turn comes; in_chain: its list is the customer's, and may be displaced.
    """

    rule: Rule
    ready: Ready
    group: int
    access: int
    moving: Rank
    windows: tuple[Window, ...]
    currency: str
    own_currency: bool
    list: PriceList | None
    always: bool
    free: bool
    of_running: bool = False
    in_chain: bool = False
    granted: tuple[Window, ...] = FOR_EVER
    rank: Rank = ()


@dataclass(slots=True)
class StepCandidates:
    """A step of the plan with the rules that can apply in it, best first, and those that cannot.

    Shapes:  sole: the one candidate there is, where it applies to whatever is asked; lead: the first
             of several where it does and none is its equal, so that no other can win while nobody
             asks why not. Both with their value, and empty elsewhere; acts: whether it may do or tell
             something for a line by itself; beaten: what is told of all behind `lead`, noted with the
             first who asks why not, where all of them apply to whatever is asked.
    """

    plan: StepPlan
    live: tuple[Candidate, ...]
    dead: tuple[tuple[Rule, Reason], ...]
    timed: bool
    sole: tuple[tuple[Candidate, Decimal], ...] = ()
    lead: tuple[tuple[Candidate, Decimal], ...] = ()
    chains: tuple[tuple["StepCandidates", ...], ...] = ()
    acts: bool = False
    beaten: tuple[tuple[str, Rule, str, object], ...] = ()


def every_step(steps: Iterable[StepCandidates]) -> Iterator[StepCandidates]:
    """All steps, those within a choice too, each choice before its chains."""
    for step in steps:
        yield step
        for chain in step.chains:
            yield from every_step(chain)


def every_candidate(steps: Iterable[StepCandidates]) -> Iterator[Candidate]:
    """The candidates of all steps, those within a choice too."""
    for step in every_step(steps):
        yield from step.live


def price_steps(steps: Iterable[StepCandidates]) -> Iterator[StepCandidates]:
    """The steps that find a price, those within a choice too."""
    return (step for step in every_step(steps) if step.plan.kind == "price")


@dataclass(frozen=True, slots=True)
class Grant:
    """To whom a price list in a customer's chain is assigned, where in the order, and when.

    Shapes:  party: the scope field of the assignment, None for everyone; distance: how far up the
             accounts it stands, 0 nearest; assigned: whether it is in the customer's own chain.
    """

    party: str | None
    sequence: int
    windows: tuple[Window, ...]
    distance: int = 0
    mode: str = "merge"
    assigned: bool = True


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A price list in a customer's chain, with the times for which each grant is the one that counts."""

    list: PriceList
    grants: tuple[Grant, ...]


@dataclass(slots=True)
class Circle:
    """All that holds for one question's customer and item, in codes: whom and what a rule may name.

    Shapes:  values: per scope letter the codes that hold, nearest first; windows: when a group holds
             (a code without entry: always); chain: the price lists in reach by code; heights: how far
             above the item a group stands (a code without entry: directly); attributes: by name the
             values that the customer, the item and the question have; final: whether the
             customer's prices are, where they do not say so; moded: whether lists displace others;
             money_mode: how amounts are rounded to the smallest coin.
    """

    values: dict[str, tuple[str, ...]]
    windows: dict[str, tuple[Window, ...]]
    chain: dict[str, ListPlace]
    channel: str | None
    country: str | None
    currency: str
    base_currency: str
    rates: Mapping[tuple[str, str], tuple[Rate, ...]] = field(default_factory=dict)
    heights: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    final: bool | None = None
    moded: bool = False
    money_mode: str = ROUND_HALF_UP


# A rule outside every list, or in a list that is only a formula's source, holds for whom it names, always.
NOT_LISTED = (Grant(None, 0, FOR_EVER, assigned=False),)

# What stands in no list comes before every list; the base list's own place after what is for everyone.
DIRECT = (-1, 0, 0)
NARROWNESS: dict[str | None, int] = {party: place for place, party in enumerate((*PARTIES, None, BASE))}
