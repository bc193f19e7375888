"""What Tryton's prices need around them: the scheme, the channels, categories and exchange rates."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import pairwise
from typing import Any

from listino.connectors.erp_tryton.lists import group_code
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.taxes import ONE_DAY
from listino.ports import Record

SCHEME = "tryton"
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
NINE_PLACES = Decimal("1e-9")


def frame_records(shape: Shape, settings: Settings) -> Iterator[Record]:
    """The scheme by which Tryton finds a price, the channels that use it, the tree of categories, the rates."""
    yield Record("schemes", SCHEME, _scheme(shape.digits))
    for channel in settings.channels:
        said = {"scheme": SCHEME, "currency": shape.currency, "amount_rounding": "even", "zone": settings.zone}
        yield Record("channels", channel, said)
    for number in sorted(shape.categories):
        row = shape.categories[number]
        parent = {} if row["parent"] is None else {"parent": group_code(row["parent"])}
        yield Record("item-groups", group_code(number), {"name": row["name"], **parent})
    yield from _rates(shape, settings)


def _scheme(digits: int) -> dict[str, Any]:
    """The first line that fits, its price at Tryton's decimals; what is given on top is Listino's own."""
    grid = {"increment": format(Decimal(1).scaleb(-digits), "f"), "direction": "even"}
    steps = [
        {"name": "price", "kind": "price", "pick": "first", "rank": ["priority", "code"]},
        {"name": "discount", "kind": "allowance", "pick": "specific"},
        {"name": "promotion", "kind": "allowance", "pick": "best"},
        {"name": "manual", "kind": "allowance", "pick": "all"},
        {"name": "charge", "kind": "charge", "pick": "all"},
        {"name": "limit", "kind": "limit", "pick": "all"},
        {"name": "rounding", "kind": "rounding", "rounding": grid},
        {"name": "offer", "kind": "basket", "pick": "all"},
        {"name": "order_discount", "kind": "basket", "pick": "best"},
        {"name": "order_charge", "kind": "basket", "pick": "all"},
    ]
    return {"name": "Tryton", "steps": steps}


def _rates(shape: Shape, settings: Settings) -> Iterator[Record]:
    """Each currency by the company's, from one day on until the next rate of either."""
    by_currency: dict[str, dict[Any, Decimal]] = {}
    for row in sorted(shape.rates, key=lambda row: row["date"]):
        by_currency.setdefault(shape.currencies[row["currency"]], {})[row["date"]] = row["rate"]
    own = by_currency.get(shape.currency, {})
    for currency, quoted in sorted(by_currency.items()):
        if currency == shape.currency or not own:
            continue
        days = sorted(set(own) | set(quoted))
        for day, following in pairwise([*days, None]):
            pair = [max((at for at in rates if at <= day), default=None) for rates in (own, quoted)]
            if None in pair:
                continue
            rate = EXACT.divide(quoted[pair[1]], own[pair[0]]).quantize(NINE_PLACES, context=EXACT)
            said = {"currency": shape.currency, "to_currency": currency, "rate": format(rate, "f"),
                    "valid_from": day.isoformat(), "zone": settings.zone}  # fmt: skip
            if following is not None:
                said["valid_to"] = (following - ONE_DAY).isoformat()
            yield Record("rates", f"tryton-{currency}-{day.isoformat()}", said)
