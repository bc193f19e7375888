"""What a person sets for a line by hand, as it is read: a rule in the few parts that such a rule may have."""

from collections.abc import Sequence
from dataclasses import replace

from listino.core.checks import faults_of
from listino.core.errors import Malformed, malformed
from listino.core.manual import ManualRule
from listino.core.rules import Rule
from listino.web.asks import ManualLine

MANUAL_MAX = 10
MANUAL_TEXT_MAX = 200
MANUAL_ACTIONS = ("price", "percent", "amount")


def manual_of(said: Sequence[ManualLine], field: str, actor: str) -> tuple[ManualRule, ...]:
    """The rules that a person sets for one line, as the key of a name says.

    Errors:  Malformed.
    """
    if len(said) > MANUAL_MAX:
        raise malformed(field, "too_many", f"A line has at most {MANUAL_MAX} rules of its own.", "Leave some out.")
    return tuple(_rule(one, f"{field}[{index}]", f"manual:{index + 1}", actor) for index, one in enumerate(said))


def _rule(said: ManualLine, field: str, code: str, actor: str) -> ManualRule:
    if said.action not in MANUAL_ACTIONS:
        text = f"{field}.action cannot be {said.action!r}."
        raise malformed(f"{field}.action", "not_a_choice", text, f"Send one of: {', '.join(MANUAL_ACTIONS)}.")
    if said.action == "price" and said.sign is not None:
        raise malformed(f"{field}.sign", "not_a_change", "A price has no sign.", "Leave it out.")
    if said.action == "percent" and (said.currency or said.unit or said.tax_mode or said.per != 1):
        text = "A percentage has no currency, unit, per or tax mode."
        raise malformed(field, "not_an_amount", text, "Leave them out.")
    for name, value in (("label", said.label), ("reason", said.reason)):
        if value is not None and len(value) > MANUAL_TEXT_MAX:
            text = f"{field}.{name} has at most {MANUAL_TEXT_MAX} characters."
            raise malformed(f"{field}.{name}", "too_long", text, "Shorten it.")
    rule = ManualRule(
        code=code, action=said.action, value=said.value, sign=said.sign, step=said.step, currency=said.currency,
        unit=said.unit, per=said.per, tax_mode=said.tax_mode, label=said.label, reason=said.reason, actor=actor,
    )  # fmt: skip
    plain = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    faults = tuple(replace(fault, field=f"{field}.{fault.field}") for fault in faults_of(Rule(**plain)))
    if faults:
        raise Malformed(faults[0].code, faults[0].text, faults)
    return rule
