"""A trial as a sales manager reads it: what would change most, what would have no price, and what it comes to."""

import heapq
from collections.abc import Callable, Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from listino.cli import screen
from listino.core.explain import NO_PRICE_TEXTS
from listino.core.money import EXACT, minor_digits, percent_between, plain
from listino.core.validity import zone_named
from listino.db.snapshot import Company
from listino.flows.what_if import Begun, Effect, Part, Progress, Sum, Total, percent_of

RIGHT = ("Quantity", "Before", "After", "Difference", "%", "Margin before", "Margin after")
COLUMNS = ("Customer", "Item", *RIGHT)


class TrialSheet:
    """Takes in a trial piece by piece, keeps the rows that matter most, and prints them in the end."""

    def __init__(self, rows: int, company: Company) -> None:
        self._rows = rows
        self._company = company
        self._begun: Begun | None = None
        self._total: Total | None = None
        self._changed: list[tuple[Decimal, int, Effect]] = []
        self._changed_in_all = 0
        self._unpriced: list[Effect] = []
        self._unpriced_in_all = 0

    def take(self, parts: Iterable[Part], passed: Callable[[str, int, int], None]) -> None:
        """One piece of the trial."""
        for part in parts:
            if isinstance(part, Progress):
                passed("reading orders" if part.doing == "reading" else part.doing, part.lines, part.of or 0)
            elif isinstance(part, Effect):
                self._take_effect(part)
            elif isinstance(part, Begun):
                self._begun = part
            else:
                self._total = part

    def _take_effect(self, effect: Effect) -> None:
        if effect.before is None or effect.after is None:
            self._unpriced_in_all += 1
            if len(self._unpriced) < self._rows:
                self._unpriced.append(effect)
        elif effect.before != effect.after:
            self._changed_in_all += 1
            weight = abs(EXACT.subtract(effect.after, effect.before))
            heapq.heappush(self._changed, (weight, -self._changed_in_all, effect))
            if len(self._changed) > self._rows:
                heapq.heappop(self._changed)

    def show(self) -> None:
        """Print what was found."""
        if self._begun is None or self._total is None:
            return
        zone = zone_named(self._company.zone) or ZoneInfo("UTC")
        at = f"{self._begun.at.astimezone(zone):%Y-%m-%d %H:%M} {self._company.zone}"
        records = "1 record" if self._begun.changes == 1 else f"{self._begun.changes} records"
        screen.say(f"{records} would change beside revision {self._begun.revision}; lines priced for {at}.", "bold")
        if self._changed:
            best = [effect for _, _, effect in sorted(self._changed, reverse=True)]
            self._table("What would change", [_row(effect) for effect in best], self._changed_in_all)
        if self._unpriced:
            rows = [_unpriced_row(effect) for effect in self._unpriced]
            columns = ("Customer", "Item", "Lines", "Before", "After")
            screen.show(screen.table("Lines without a price", columns, rows, ("Lines",)))
            self._more(len(rows), self._unpriced_in_all)
        total = self._total
        screen.say(
            f"{total.lines} lines in all; {total.lines_untouched} of them the change set cannot concern. "
            "Nothing was written."
        )
        for currency in sorted(total.sums):
            _say_sum(total.sums[currency])

    def _table(self, title: str, rows: list[tuple[str, ...]], in_all: int) -> None:
        columns = (
            "Customer",
            "Item",
            "Quantity",
            "Before",
            "After",
            "Difference",
            "%",
            "Margin before",
            "Margin after",
        )
        screen.show(screen.table(title, columns, rows, RIGHT))
        self._more(len(rows), in_all)

    def _more(self, shown: int, in_all: int) -> None:
        if in_all > shown:
            screen.say(f"... and {in_all - shown} more; --rows shows them.")


def _row(effect: Effect) -> tuple[str, ...]:
    before, after = effect.before or Decimal(0), effect.after or Decimal(0)
    margins = effect.margins()
    return (
        effect.customer or "any guest",
        effect.item,
        f"{plain(effect.quantity)} {effect.unit or ''}".strip(),
        _money(before, effect.currency),
        _money(after, effect.currency),
        _money(EXACT.subtract(after, before), effect.currency),
        _percent(percent_between(before, after)),
        _percent(percent_of(margins[0], before)),
        _percent(percent_of(margins[1], after)),
    )


def _unpriced_row(effect: Effect) -> tuple[str, ...]:
    sides = ((effect.before, effect.reason_before), (effect.after, effect.reason_after))
    told = [
        _money(amount, effect.currency) if amount is not None else _reason(reason or "no_price")
        for amount, reason in sides
    ]
    return (effect.customer or "any guest", effect.item, str(effect.lines), *told)


def _reason(reason: str) -> str:
    return NO_PRICE_TEXTS.get(reason, reason.replace("_", " ").capitalize() + ".")


def _say_sum(found: Sum) -> None:
    digits = minor_digits(found.currency)
    difference = EXACT.subtract(found.after, found.before)
    text = (
        f"{found.currency}: {found.lines_changed} of {found.lines} lines would have another price; "
        f"{plain(found.before, digits)} before, {plain(found.after, digits)} after, {plain(difference, digits)} "
        f"({_percent(percent_between(found.before, found.after)) or '0 %'})."
    )
    before, after = (
        _percent(percent_of(margin, amount))
        for margin, amount in zip((found.margin_before, found.margin_after), found.of_margin, strict=True)
    )
    if before and after:
        text += f" Margin {before} before, {after} after"
        text += f" ({found.lines_without_cost} lines have no known cost)." if found.lines_without_cost else "."
    screen.say(text)


def _money(amount: Decimal, currency: str) -> str:
    return f"{plain(amount, minor_digits(currency))} {currency}"


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f"{plain(value)} %"
