"""Tryton's taxes as ours: a class for each set of taxes that goods have, a status for each tax rule of customers."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from listino.connectors.erp_tryton.formulas import Untold
from listino.connectors.erp_tryton.rpc import Row
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape, in_order
from listino.ports import Record, Untranslated

TaxSet = tuple[int, ...]
ONE_DAY = timedelta(days=1)
TREE_DEPTH_MAX = 10


def tax_class(taxes: TaxSet) -> str:
    """The code of the class of goods that have these taxes."""
    return "tryton-" + ("-".join(map(str, taxes)) or "none")


def tax_status(rule: int) -> str:
    """The code of the status of customers that are under a tax rule."""
    return f"tryton-rule-{rule}"


def substituted(shape: Shape, taxes: TaxSet, rule: int | None, on: date) -> TaxSet:
    """The taxes that stand in for an item's own where a customer's rule says so."""
    if rule is None:
        return taxes
    found: set[int] = set()
    for tax in (*taxes, None):
        found.update(_applied(shape, tax, rule, on))
    return tuple(sorted(found))


def _applied(shape: Shape, tax: int | None, rule: int, on: date) -> Iterator[int]:
    group = shape.taxes[tax]["group"] if tax is not None else None
    for line in shape.rule_lines.get(rule, ()):
        if line["group"] != group or not _runs(line, on):
            continue
        if line["origin_tax"] is not None and line["origin_tax"] != tax:
            continue
        if line["tax"] is not None:
            yield line["tax"]
            if line["keep_origin"] and tax is not None:
                yield tax
        return
    if tax is not None:
        yield tax


def _runs(row: Row, on: date) -> bool:
    start, end = row["start_date"], row["end_date"]
    return (start is None or start <= on) and (end is None or on <= end)


def factors(shape: Shape, taxes: TaxSet, on: date) -> dict[int, Decimal]:
    """What each tax comes to on a price of one, on a day.

    Errors:  Untold for a tax that is an amount of money rather than a percentage.
    """
    found: dict[int, Decimal] = {}
    _add_factors(shape, sorted((shape.taxes[tax] for tax in taxes), key=in_order), on, (Decimal(1), found, 0))
    return found


def _add_factors(shape: Shape, taxes: list[Row], on: date, at: tuple[Decimal, dict[int, Decimal], int]) -> None:
    """Those of one sequence on the same price; what updates the price counts for those after it."""
    price, found, depth = at
    if depth > TREE_DEPTH_MAX:
        raise Untold("Taxes lie too deep within each other.")
    for _, group in groupby(taxes, key=lambda row: row["sequence"]):
        moved = Decimal(0)
        for tax in group:
            if not _runs(tax, on):
                continue
            before = sum(found.values(), Decimal(0))
            if tax["type"] == "percentage":
                found[tax["id"]] = found.get(tax["id"], Decimal(0)) + price * tax["rate"]
            elif tax["type"] != "none":
                raise Untold(f"The tax {tax['name']!r} is an amount of money, not a percentage.")
            children = sorted((shape.taxes[child] for child in tax["childs"] if child in shape.taxes), key=in_order)
            _add_factors(shape, children, on, (price, found, depth + 1))
            if tax["update_unit_price"]:
                moved += sum(found.values(), Decimal(0)) - before
        price += moved


def percent(shape: Shape, taxes: TaxSet, on: date) -> Decimal:
    """What taxes come to together, in percent of the net price."""
    return sum(factors(shape, taxes, on).values(), Decimal(0)) * 100


def tax_records(shape: Shape, classes: set[TaxSet], settings: Settings) -> Iterator[Record | Untranslated]:
    """A tax for each class of goods, and for each with each tax rule, as long as it stays the same."""
    for taxes in sorted(classes):
        for rule in (None, *sorted(shape.rules)):
            yield from _records(shape, taxes, rule, settings)


def _records(shape: Shape, taxes: TaxSet, rule: int | None, settings: Settings) -> Iterator[Record | Untranslated]:
    name, status = tax_class(taxes), None if rule is None else tax_status(rule)
    code = name if status is None else f"{name}-{status.removeprefix('tryton-')}"
    windows = list(_windows(shape))
    told: list[tuple[date | None, date | None, TaxSet, Decimal]] = []
    for start, end in windows:
        on = start or (end or shape.today)
        applied = substituted(shape, taxes, rule, on)
        try:
            rate = percent(shape, applied, on)
        except Untold as reason:
            yield Untranslated("taxes", code, str(reason), "Enter orders of these goods in Tryton.")
            return
        if told and told[-1][2:] == (applied, rate):
            told[-1] = (told[-1][0], end, applied, rate)
        else:
            told.append((start, end, applied, rate))
    for start, end, applied, rate in told:
        said = {
            "tax_class": name, "tax_status": status, "percent": format(rate, "f"), "zone": settings.zone,
            "category": _category(shape, applied, rate, settings), "valid_from": _text(start), "valid_to": _text(end),
        }  # fmt: skip
        own = code if start is None else f"{code}-{start.isoformat()}"
        yield Record("taxes", own, {field: value for field, value in said.items() if value is not None})


def _category(shape: Shape, taxes: TaxSet, rate: Decimal, settings: Settings) -> str:
    named = [settings.categories[name] for tax in taxes if (name := shape.taxes[tax]["name"]) in settings.categories]
    return named[0] if named else "S" if rate else "Z"


def _windows(shape: Shape) -> Iterator[tuple[date | None, date | None]]:
    """The times between the days on which any tax or rule changes, the first and the last without end."""
    rows = [*shape.taxes.values(), *(line for lines in shape.rule_lines.values() for line in lines)]
    starts = {row["start_date"] for row in rows if row["start_date"] is not None}
    starts |= {row["end_date"] + ONE_DAY for row in rows if row["end_date"] is not None}
    edges = [None, *sorted(starts), None]
    for start, following in pairwise(edges):
        yield start, None if following is None else following - ONE_DAY


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
