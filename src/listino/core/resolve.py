"""The price of one line: the steps of a scheme, carried out on the rules that can apply."""

from dataclasses import replace
from decimal import getcontext, setcontext

from listino.core.displaced import displaced_lists
from listino.core.money import EXACT, ZERO
from listino.core.outcome import answered, in_segments, shown, unpriced
from listino.core.question import Facts, NoPrice, Price, Question, SplitLine, UnitPrice
from listino.core.reservations import measures_taken, reserved_of_rules
from listino.core.usage import in_this_line, in_this_order
from listino.core.windows import holds
from listino.core.work import Work
from listino.core.worth import Unpriced

# A line falls into at most so many parts by the ends of caps within it.
SEGMENTS_MAX = 8


def resolve(question: Question, facts: Facts) -> Price | NoPrice:
    """The price of one line for this customer at this moment, and the steps that led to it.

    Shapes:  facts: per step of the scheme its candidate rules in rank order, 0 or more.
    Units:   question.quantity in question.unit, not 0; money exact, rounded once, at the end.
    Errors:  none: that there is no price is an answer.
    Source:  docs/decisions/0003-rules-and-scheme.md; EN 16931 BT-146..150.
    """
    context = getcontext()
    setcontext(EXACT)
    try:
        return _resolved(question, facts)
    finally:
        setcontext(context)


def unit_price(question: Question, facts: Facts) -> UnitPrice | None:
    """The unit price alone, as `resolve` finds it, for the breaks around an answer; None where there is none."""
    context = getcontext()
    setcontext(EXACT)
    try:
        if facts.refusal is not None or _unsold(question, facts) is not None:
            return None
        work = _work(question, facts)
        work.carry_out(facts.steps if question.manual else facts.acting)
        return None if work.running is None else shown(work, work.running)
    except Unpriced:
        return None
    except SplitLine:
        whole = _resolved(question, facts)
        if isinstance(whole, NoPrice):
            return None
        return UnitPrice(whole.net_price, whole.gross_price, whole.per, whole.currency)
    finally:
        setcontext(context)


def _unsold(question: Question, facts: Facts) -> str | None:
    """Why an item is not sold at the question's moment, where the assortment changes with the time."""
    for windows, is_sold in facts.sellings:
        if holds(windows, question.at):
            return None if is_sold else "not_in_assortment"
    return None


def _work(question: Question, facts: Facts) -> Work:
    if facts.circle.moded:
        question.hidden = frozenset()
        question.hidden = displaced_lists(question, facts)
    if facts.measured:
        question.amount = question.gross_amount = None
    return Work(question, facts)


def _resolved(question: Question, facts: Facts) -> Price | NoPrice:
    work = _work(question, facts)
    try:
        refusal = facts.refusal or _unsold(question, facts)
        if refusal is not None:
            raise Unpriced(refusal)
        work.carry_out(facts.steps if question.manual else facts.acting)
        return answered(work)
    except Unpriced as ending:
        return unpriced(work, str(ending))
    except SplitLine as split:
        return _in_parts(question, facts, split)


def _in_parts(question: Question, facts: Facts, split: SplitLine) -> Price | NoPrice:
    """A line that a cap's end splits: up to it with the rule, beyond it without; scales see the whole line."""
    whole = question.whole if question.whole is not None else question.quantity
    without = question.without | {split.code}
    if len(without) > SEGMENTS_MAX:
        return _resolved(replace(question, whole=whole, without=without), facts)
    upto = _resolved(replace(question, quantity=split.quantity, whole=whole), facts)
    if isinstance(upto, NoPrice):
        return replace(upto, quantity=question.quantity)
    if split.code not in _applied(upto):
        unsplit = _resolved(replace(question, unsplit=question.unsplit | {split.code}), facts)
        if isinstance(unsplit, NoPrice) or split.code not in _applied(unsplit):
            return unsplit
        return _resolved(replace(question, without=without), facts)
    usage = dict(question.usage or {})
    for subject, amount in measures_taken(reserved_of_rules([(upto, facts)], question.customer, question.at)):
        for gone in (subject, in_this_order(subject), in_this_line(subject)):
            usage[gone] = usage.get(gone, ZERO) + amount
    left = question.quantity - split.quantity
    beyond = _resolved(replace(question, quantity=left, whole=whole, without=without, usage=usage), facts)
    if isinstance(beyond, NoPrice):
        return replace(beyond, quantity=question.quantity)
    return in_segments(question, (upto, beyond), facts.circle)


def _applied(price: Price) -> set[str | None]:
    """The rules that made a price, or one of its parts."""
    parts = price.segments or (price,)
    return {step[2] for part in parts for step in part.steps} | {own.rule.code for own in price.own_lines}
