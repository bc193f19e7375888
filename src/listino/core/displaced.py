"""Which price lists do not count beside others in a customer's chain, as their assignments say."""

from collections.abc import Iterator

from listino.core.arrange import OTHER_MONEY
from listino.core.candidates import NARROWNESS, Circle, StepCandidates, price_steps
from listino.core.filters import could_price, dated, excepted
from listino.core.question import Facts, Question
from listino.core.ready import FOR_EVER
from listino.core.rules import Rule, exceptions_of
from listino.core.windows import holds


def displaced_lists(question: Question, facts: Facts) -> frozenset[str]:
    """The lists that another one displaces at the question's moment.

    `replace` displaces all behind it; `only_if_empty` counts only where no list before it prices the
    item, and displaces all behind it then.
    """
    hidden: set[str] = set()
    priced = False
    alone = False
    for code, mode in _chain(question, facts.circle):
        if alone or (mode == "only_if_empty" and priced):
            hidden.add(code)
            continue
        prices = _prices(code, question, facts)
        priced = priced or prices
        alone = mode == "replace" or (mode == "only_if_empty" and prices)
    return frozenset(hidden)


def _chain(question: Question, circle: Circle) -> list[tuple[str, str]]:
    """The lists that are assigned at the question's moment in their order, each with its mode."""
    placed = [
        ((NARROWNESS[grant.party], grant.distance, grant.sequence, code), grant.mode)
        for code, place in circle.chain.items()
        for grant in place.grants
        if grant.assigned and holds(grant.windows, question.at)
    ]
    return [(place[3], mode) for place, mode in sorted(placed)]


def _prices(code: str, question: Question, facts: Facts) -> bool:
    """Whether a list has a price for the item at the question's moment, at whatever quantity, unit or currency."""
    for step in price_steps(facts.steps):
        for candidate in step.live:
            if candidate.in_chain and candidate.rule.list == code and could_price(candidate, question, facts):
                return True
    return any(rule.list == code and _holds(rule, question, facts) for rule in priced_in_other_money(facts.steps))


def _holds(rule: Rule, question: Question, facts: Facts) -> bool:
    """Whether a rule that is in another money holds for who asks, for what and when."""
    group = rule.customer_group
    return (
        holds(((rule.valid_from, rule.valid_to),), dated(rule, question))
        and (group is None or holds(facts.circle.windows.get(group, FOR_EVER), question.at))
        and rule.order_type in (None, question.order_type)
        and not excepted(exceptions_of(rule), question, facts)
    )


def priced_in_other_money(steps: tuple[StepCandidates, ...]) -> Iterator[Rule]:
    """The prices of lists for the item in a currency that cannot be asked: they displace other lists all the same."""
    for step in price_steps(steps):
        for rule, (reason, _) in step.dead:
            if rule.list is not None and reason in OTHER_MONEY:
                yield rule
