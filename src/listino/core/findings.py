"""What is noticed about a change set when it is saved, and what becomes of it: refused, confirmed, warned of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from listino.core.errors import Fault, Malformed, Refused, malformed

REFUSE, CONFIRM, WARN, OFF = "refuse", "confirm", "warn", "off"
LEVELS = (REFUSE, CONFIRM, WARN, OFF)

# What is looked for, and what becomes of it where the installation does not say otherwise.
CHECKS: Mapping[str, str] = {
    "tie": WARN,
    "never_wins": WARN,
    "tiers": WARN,
    "no_step": WARN,
    "no_access": WARN,
    "unassigned_list": WARN,
    "limit_forbids": WARN,
    "formula_loop": REFUSE,
    "similar_code": WARN,
    "crowded_key": WARN,
    "price_change": CONFIRM,
    "below_cost": CONFIRM,
    "zero_price": CONFIRM,
}
PRICE_CHANGE_PERCENT = Decimal(30)
# So many findings of a change set are kept in words; all are counted.
FINDINGS_KEPT_MAX = 1_000

Record = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a price was, is to be, and costs: each per `per` of `unit`, cost where it is known."""

    before: Decimal | None
    after: Decimal
    cost: Decimal | None
    currency: str
    per: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is noticed about a record that is saved, with the other record that it concerns.

    Shapes:  record, other: (kind, code); is_new: nothing was there under the code before; open_text:
             the sentence for those who may not see costs and limits, None where the text tells none.
    """

    check: str
    record: Record
    field: str
    text: str
    remedy: str
    other: Record | None = None
    amounts: Amounts | None = None
    is_new: bool = False
    open_text: str | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """An installation's settings of the checks at save, and whether a person has confirmed what is asked.

    Shapes:  levels: by check, where it is not the usual one; full: whoever saves may see costs and limits.
    Units:   a change of a price beyond `price_change_percent` of what it was is noticed.
    """

    levels: Mapping[str, str] = field(default_factory=dict)
    price_change_percent: Decimal = PRICE_CHANGE_PERCENT
    confirmed: bool = False
    full: bool = True

    def looks_for(self, *checks: str) -> bool:
        """Whether any of some checks is to be made."""
        return any(self._level(check) != OFF for check in checks)

    def level_of(self, finding: Finding) -> str:
        """What becomes of a finding; what is new changes nothing that a person could have to confirm."""
        level = self._level(finding.check)
        return WARN if level == CONFIRM and finding.is_new else level

    def _level(self, check: str) -> str:
        return self.levels.get(check) or CHECKS[check]


USUAL = Checks()
# A change set in which all that can be noticed is left aside, as where nobody is there to read it.
UNCHECKED = Checks(levels=dict.fromkeys(CHECKS, OFF))


def checks_from(levels: str, percent: str) -> Checks:
    """The settings that two texts state: `tie=refuse, similar_code=off` and `30`; empty ones say nothing.

    Errors:  Malformed.
    """
    said: dict[str, str] = {}
    for part in levels.replace(",", " ").split():
        check, _, level = part.partition("=")
        if check not in CHECKS:
            remedy = "Name some of: " + ", ".join(CHECKS) + "."
            raise malformed("LISTINO_CHECKS", "not_a_choice", f"There is no check {check!r}.", remedy)
        if level not in LEVELS:
            text = f"{check} cannot be {level!r}."
            raise malformed("LISTINO_CHECKS", "not_a_choice", text, "Name one of: " + ", ".join(LEVELS) + ".")
        said[check] = level
    try:
        beyond = Decimal(percent.strip() or PRICE_CHANGE_PERCENT)
    except InvalidOperation:
        beyond = Decimal("NaN")
    if not (beyond.is_finite() and beyond >= 0):
        text = f"{percent!r} is not a percentage."
        raise malformed("LISTINO_PRICE_CHANGE_PERCENT", "not_a_number", text, "Set a number, as 30.")
    return Checks(said, beyond)


class Findings:
    """The findings of one change set, by what becomes of them: all counted, kept as far as a person could read."""

    def __init__(self, checks: Checks, places: Mapping[Record, str] | None = None) -> None:
        """None yet. `places` says where in what was sent a record stands, as "changes[3].", before its fields."""
        self.checks = checks
        self.places = places or {}
        self.counts: dict[str, Counter[str]] = {level: Counter() for level in (REFUSE, CONFIRM, WARN)}
        self._kept: dict[str, list[Finding]] = {level: [] for level in (REFUSE, CONFIRM, WARN)}

    def add(self, finding: Finding) -> None:
        """Take in a finding."""
        level = self.checks.level_of(finding)
        if level == OFF:
            return
        self.counts[level][finding.check] += 1
        if len(self._kept[level]) < FINDINGS_KEPT_MAX:
            if not self.checks.full:
                finding = _opened(finding)
            self._kept[level].append(finding)

    def kept(self, level: str) -> Sequence[Finding]:
        """The findings of a level, the first of many."""
        return self._kept[level]

    def stop(self) -> None:
        """Refuse the change set if anything of it is to be refused, or confirmed and is not.

        Errors:  Malformed, ToConfirm.
        """
        refused = self._kept[REFUSE]
        if refused:
            faults = self._faults(refused)
            code = refused[0].check if len(self.counts[REFUSE]) == 1 else "invalid"
            raise Malformed(code, " ".join(one.text for one in refused[:5]), faults)
        if self._kept[CONFIRM] and not self.checks.confirmed:
            to_confirm = self._kept[CONFIRM]
            raise ToConfirm(to_confirm, self.counts[CONFIRM].total(), self._faults(to_confirm))

    def _faults(self, findings: Sequence[Finding]) -> tuple[Fault, ...]:
        return tuple(
            Fault(self.places.get(one.record, "") + one.field, one.check, one.text, one.remedy) for one in findings
        )


def _opened(finding: Finding) -> Finding:
    """A finding as whoever may not see costs and limits is told it."""
    amounts = replace(finding.amounts, cost=None) if finding.amounts is not None else None
    if finding.open_text is None:
        return replace(finding, amounts=amounts)
    return replace(finding, amounts=amounts, text=finding.open_text, other=None)


class ToConfirm(Refused):
    """What a person has to confirm first: nothing has changed."""

    def __init__(self, findings: Sequence[Finding], total: int, faults: tuple[Fault, ...]) -> None:
        more = f" And {total - 5} more." if total > 5 else ""
        super().__init__("to_confirm", " ".join(one.text for one in findings[:5]) + more, faults)
        self.findings = tuple(findings)
        self.total = total
