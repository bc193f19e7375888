"""When an answer could change by time alone: how long it may be kept without a new revision."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from listino.core.candidates import Candidate, StepCandidates, every_candidate, price_steps
from listino.core.displaced import priced_in_other_money
from listino.core.facts import Contract, Quotation, Rate, Tax
from listino.core.filters import refused_by_amount
from listino.core.question import Facts, Question
from listino.core.ready import FOR_EVER
from listino.core.rules import exceptions_of
from listino.core.windows import Window, is_empty
from listino.core.within import within


def next_change_at(question: Question, facts: Facts, carried_out: list[tuple[StepCandidates, int]]) -> datetime | None:
    """The first instant after the question's at which its answer could change, or None for never.

    Shapes:  carried_out: the steps that were carried out, each with the last place that counts: of
             the winner's access where the step picks the most specific (what stands behind it
             cannot matter before the winner ends), all of them elsewhere.
    """
    if facts.edges is None:
        facts.edges = tuple([edge for edge in _edges_of_facts(facts) if edge is not None])
    edges: list[datetime | None] = [*facts.edges]
    if facts.lists:
        carried_out = [*carried_out, *((listed, len(listed.live)) for listed in facts.lists.values())]
    for step, last in carried_out:
        if step.timed:
            for candidate in step.live[:last]:
                if not candidate.always and _reaches_its_amount(candidate, question, facts):
                    edges += edges_of(candidate, question, facts)
    if facts.circle.moded:  # At whatever quantity a list has a price, it may displace others.
        for candidate in every_candidate((*price_steps(facts.steps), *facts.lists.values())):
            edges += edges_of(candidate, question, facts)
    return first_after(question.at, edges) if edges else None


def first_after(at: datetime, edges: Iterable[datetime | None]) -> datetime | None:
    """The first of these instants behind a moment, or None."""
    return min([edge for edge in edges if edge is not None and edge > at], default=None)


def edges_of(candidate: Candidate, question: Question, facts: Facts) -> list[datetime | None]:
    """When a rule begins or ends to hold, and any group that one of its scopes names; nothing where it never could.

    Shapes:  its scopes: exceptions, those of its requirements, and of the goods of its offer.
    """
    if candidate.always or not _could_hold(candidate, question, facts):
        return []
    held = [candidate.granted] if candidate.granted is not FOR_EVER else []
    if question.delivery_at is None or candidate.rule.dated_by != "delivery":
        held.append(candidate.windows)
    held += [facts.circle.windows.get(group, ()) for group in candidate.ready.groups]
    return [edge for windows in held for window in windows for edge in window]


def could_change(facts: Facts) -> bool:
    """Whether anything in reach begins or ends at some time."""
    timed = [step for step in (*facts.steps, *facts.lists.values()) if step.timed]
    return bool(timed) or any(edge is not None for edge in _edges_of_facts(facts))


def _edges_of_facts(facts: Facts) -> Iterator[datetime | None]:
    """When taxes, rates, contracts, quotations, assortments and what displaces lists begin and end."""
    dated: list[Tax | Rate | Contract | Quotation] = [*facts.taxes, *facts.contracts.values()]
    for by_name in (facts.own_taxes, facts.quotations, facts.circle.rates):
        dated += [fact for facts_of_name in by_name.values() for fact in facts_of_name]
    for fact in dated:
        yield fact.valid_from
        yield fact.valid_to
    for windows, _ in facts.sellings:
        yield from _edges(windows)
    if facts.circle.moded:
        for place in facts.circle.chain.values():
            for grant in place.grants:
                yield from _edges(grant.windows)
        for rule in priced_in_other_money(facts.steps):
            yield rule.valid_from
            yield rule.valid_to
            for group in (rule.customer_group, *(scope.customer_group for scope in exceptions_of(rule))):
                yield from _edges(facts.circle.windows.get(group, ()) if group is not None else ())


def _edges(windows: Iterable[Window]) -> Iterator[datetime | None]:
    for window in windows:
        yield from window


def _reaches_its_amount(candidate: Candidate, question: Question, facts: Facts) -> bool:
    """Whether a rule holds for the unit and quantity, or could once an exchange rate is known."""
    if not candidate.ready.tiers and candidate.rule.unit is None:
        return True
    reason = refused_by_amount(candidate, question, facts)
    return reason is None or reason[0] == "no_rate"


def _could_hold(candidate: Candidate, question: Question, facts: Facts) -> bool:
    """Whether a rule could hold for who asks and how, at some time."""
    rule = candidate.rule
    if rule.order_type is not None and rule.order_type != question.order_type:
        return False
    windows, granted = candidate.windows, candidate.granted
    if (len(windows) == 1 and is_empty(windows[0])) or (len(granted) == 1 and is_empty(granted[0])):
        return False
    if not candidate.ready.exceptions:
        return True
    fixed = (scope for scope in candidate.ready.exceptions if scope.customer_group not in facts.circle.windows)
    return not any(within(scope, question, facts.circle) for scope in fixed)
