"""When a price could change by time alone: how long an answer may be kept without a new revision."""

from datetime import datetime

from listino.core.candidates import Candidate, StepCandidates
from listino.core.displaced import listed_prices
from listino.core.filters import refused_by_amount
from listino.core.question import Facts, Question
from listino.core.windows import is_empty
from listino.core.within import within


def next_change_at(question: Question, facts: Facts, carried_out: list[tuple[StepCandidates, int]]) -> datetime | None:
    """The first instant after the question's at which its answer could change, or None for never.

    Shapes:  carried_out: the steps that were carried out, each with the last place that counts: of
             the winner's access where the step picks the most specific (what stands behind it
             cannot matter before the winner ends), all of them elsewhere.
    """
    edges: list[datetime | None] = []
    for step, last in carried_out:
        edges += _edges(step, last, question, facts)
    for tax in facts.taxes:
        edges += (tax.valid_from, tax.valid_to)
    edges += _of_special(facts)
    for listed in facts.lists.values():
        edges += _edges(listed, len(listed.live), question, facts)
    for rates in facts.circle.rates.values():
        edges += [edge for rate in rates for edge in (rate.valid_from, rate.valid_to)]
    at = question.at
    return min([edge for edge in edges if edge is not None and edge > at], default=None)


def _of_special(facts: Facts) -> list[datetime | None]:
    """When contracts, quotations, taxes of own lines and what displaces lists begin and end."""
    edges: list[datetime | None] = []
    for contract in facts.contracts.values():
        edges += (contract.valid_from, contract.valid_to)
    for quotations in facts.quotations.values():
        edges += [edge for quoted in quotations for edge in (quoted.valid_from, quoted.valid_to)]
    for taxes in facts.own_taxes.values():
        edges += [edge for tax in taxes for edge in (tax.valid_from, tax.valid_to)]
    edges += [edge for windows, _ in facts.sellings for window in windows for edge in window]
    if facts.circle.moded:
        grants = [grant for place in facts.circle.chain.values() for grant in place.grants]
        edges += [edge for grant in grants for window in grant.windows for edge in window]
        edges += [edge for _, windows in listed_prices(facts.steps) for window in windows for edge in window]
    return edges


def _edges(step: StepCandidates, last: int, question: Question, facts: Facts) -> list[datetime | None]:
    edges: list[datetime | None] = []
    if not step.timed:
        return edges
    for candidate in step.live[:last]:
        if not candidate.always and _could_hold(candidate, question, facts):
            if candidate.rule.dated_by != "delivery" or question.delivery_at is None:
                for window in candidate.windows:
                    edges += window
            if candidate.ready.exceptions:
                edges += [edge for windows in facts.circle.windows.values() for window in windows for edge in window]
    return edges


def _could_hold(candidate: Candidate, question: Question, facts: Facts) -> bool:
    rule = candidate.rule
    if rule.order_type is not None and rule.order_type != question.order_type:
        return False
    if len(candidate.windows) == 1 and is_empty(candidate.windows[0]):
        return False
    reason = refused_by_amount(candidate, question, facts)
    if reason is not None and reason[0] != "no_rate":
        return False
    exceptions = candidate.ready.exceptions
    return bool(facts.circle.windows) or not any(within(scope, question, facts.circle) for scope in exceptions)
