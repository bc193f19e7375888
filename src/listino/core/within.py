"""Whether a scope holds for a question."""

from datetime import datetime

from listino.core.arrange import unlike
from listino.core.candidates import Circle
from listino.core.keys import LETTER_OF
from listino.core.question import Question
from listino.core.rules import Scope
from listino.core.windows import holds


def within(scope: Scope, question: Question, circle: Circle) -> bool:
    """Whether all that a scope sets holds for a question."""
    for field, letter in LETTER_OF.items():
        code = getattr(scope, field, None)
        if code is not None and (
            code not in circle.values.get(letter, ()) or not _holds(code, letter, question.at, circle)
        ):
            return False
    if scope.attributes is not None and unlike(scope.attributes, circle.attributes) is not None:
        return False
    return (
        (scope.channel is None or scope.channel == circle.channel)
        and (scope.country is None or scope.country == circle.country)
        and (scope.currency is None or scope.currency == question.currency)
        and (scope.unit is None or scope.unit == question.unit)
        and (scope.order_type is None or scope.order_type == question.order_type)
    )


def _holds(code: str, letter: str, at: datetime, circle: Circle) -> bool:
    if letter != "G" or code not in circle.windows:
        return True
    return holds(circle.windows[code], at)
