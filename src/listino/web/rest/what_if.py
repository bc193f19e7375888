"""The door of what-if: a change set that is not kept, and what it would do to past orders."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.core.money import EXACT, minor_digits, percent_between, plain
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.drafts import CHANGES_MAX as DRAFT_CHANGES_MAX
from listino.flows.drafts import stated_draft
from listino.flows.facts import Stated
from listino.flows.moments import end_of, instant_of
from listino.flows.price import Company
from listino.flows.what_if import Begun, Effect, Part, Progress, Sum, Total, Which, percent_of, what_if
from listino.web.answers import encode, instant_text
from listino.web.auth import require
from listino.web.messages import Amount
from listino.web.reading import body_of, checked_code, query_of, single
from listino.web.rest.changes import lines_of, spooled
from listino.web.rest.facts import parsed, stated_changes
from listino.web.rest.prices import PriceDoor
from listino.web.streams import NDJSON, InThread, Pieces, Streams

BODY_BYTES_MAX = 16 << 20
SAMPLE_MAX = 10_000_000
LINES_WANTED = frozenset(["since", "until", "sample", "customer", "channel", "at"])


class WhatIfStart(Struct):
    """The first line: what is tried, for which moment, beside which revision."""

    record: str
    changes: int
    at: str
    revision: int
    epoch: str


class WhatIfProgress(Struct):
    """How far it is."""

    record: str
    doing: str
    lines: int
    of: int | None


class WhatIfEffect(Struct):
    """What the past lines of one customer and item come to, without the draft and with it."""

    record: str
    customer: str | None
    item: str
    currency: str
    unit: str | None
    lines: int
    quantity: Amount
    before: Amount | None
    after: Amount | None
    difference: Amount | None
    difference_percent: Amount | None
    margin_before: Amount | None
    margin_after: Amount | None
    margin_percent_before: Amount | None
    margin_percent_after: Amount | None
    reason_before: str | UnsetType = UNSET
    reason_after: str | UnsetType = UNSET


class WhatIfSum(Struct):
    """All lines of one currency that the draft could concern."""

    currency: str
    lines: int
    lines_changed: int
    lines_without_price: int
    lines_without_cost: int
    before: Amount
    after: Amount
    difference: Amount
    difference_percent: Amount | None
    margin_before: Amount
    margin_after: Amount
    margin_percent_before: Amount | None
    margin_percent_after: Amount | None


class WhatIfTotal(Struct):
    """The last line; without it the trial is not whole."""

    record: str
    lines: int
    lines_untouched: int
    sums: list[WhatIfSum]


class WhatIfDoor:
    """Tries change sets."""

    def __init__(
        self,
        database: Database,
        prices: PriceDoor,
        streams: Streams,
        clock: Callable[[], datetime],
        in_thread: InThread,
    ) -> None:
        self._database, self._prices, self._streams, self._clock = database, prices, streams, clock
        self._in_thread = in_thread

    async def what_if(self, request: Request, key: ApiKey) -> Response:
        """Price past lines with a draft and without; it tells orders, costs and margins."""
        for scope in ("explain:full", "facts:read", "orders:read"):
            require(key, scope)
        now, company = self._clock(), self._prices.company()
        if "ndjson" in request.headers.get("content-type", ""):
            said: dict[str, Any] = {**single(query_of(request.scope["query_string"]), LINES_WANTED)}
            async with spooled(request, self._in_thread) as spool:
                stated = await self._in_thread(lambda: list(islice(lines_of(spool), DRAFT_CHANGES_MAX + 1)))
        else:
            single(query_of(request.scope["query_string"]), frozenset())
            body = await body_of(request.scope, request.receive, BODY_BYTES_MAX)
            said, stated = await self._in_thread(_read, body)
        which, at = which_of(said, company), instant_of(said["at"], "at", company) if "at" in said else now
        return await self._streams.opened(
            lambda: _pieces(what_if(self._database, lambda book: stated_draft(book, stated), which, at)),
            media_type=NDJSON,
        )


def _read(body: bytes) -> tuple[dict[str, Any], list[Stated]]:
    """Which lines a body asks for, and its changes.

    Errors:  Malformed.
    """
    said = parsed(body)
    if not isinstance(said, dict):
        raise malformed("body", "malformed", "A draft is a JSON object.", 'Send its changes as {"changes": [...]}.')
    unknown = sorted(said.keys() - LINES_WANTED - {"changes", "reason"})
    if unknown:
        remedy = "Send only: " + ", ".join(sorted({*LINES_WANTED, "changes", "reason"})) + "."
        raise malformed(unknown[0], "unknown_field", f"There is no field {unknown[0]}.", remedy)
    wanted = {name: said[name] for name in LINES_WANTED if said.get(name) is not None}
    for name, value in wanted.items():
        if name != "sample" and not isinstance(value, str):
            raise malformed(name, "wrong_type", f"{name} must be text.", f"Send {name} as a string.")
    return wanted, stated_changes(said.get("changes"))


def which_of(said: dict[str, Any], company: Company) -> Which:
    """Which lines are meant by what was said.

    Errors:  Malformed.
    """
    sample = said.get("sample")
    if sample is not None:
        text = str(sample)
        if isinstance(sample, bool) or not _is_in_range(text):
            remedy = "Send a number of lines, or leave it out for all."
            raise malformed("sample", "out_of_range", f"sample is 1 to {SAMPLE_MAX}, not {text[:20]!r}.", remedy)
    since = instant_of(said["since"], "since", company) if "since" in said else None
    until = end_of(said["until"], "until", company) if "until" in said else None
    if since is not None and until is not None and until <= since:
        raise malformed("until", "out_of_range", "until is not behind since.", "Send a later `until`.")
    customer, channel = (checked_code(said[name], name) if name in said else None for name in ("customer", "channel"))
    return Which(since, until, customer, channel, None if sample is None else int(sample))


def _is_in_range(sample: str) -> bool:
    if not sample.isascii() or not sample.isdigit() or len(sample) > len(str(SAMPLE_MAX)):
        return False
    return 1 <= int(sample) <= SAMPLE_MAX


def _pieces(begun: Iterator[tuple[Part, ...]]) -> Pieces:
    for parts in begun:
        yield b"".join(encode(_line(part)) + b"\n" for part in parts)


def _line(part: Part) -> Struct:
    if isinstance(part, Effect):
        return _effect(part)
    if isinstance(part, Progress):
        return WhatIfProgress("progress", part.doing, part.lines, part.of)
    if isinstance(part, Total):
        sums = [_sum(part.sums[currency]) for currency in sorted(part.sums)]
        return WhatIfTotal("total", part.lines, part.lines_untouched, sums)
    return _start(part)


def _start(begun: Begun) -> WhatIfStart:
    return WhatIfStart("what_if", begun.changes, instant_text(begun.at), begun.revision, begun.epoch)


def _effect(effect: Effect) -> WhatIfEffect:
    digits = minor_digits(effect.currency)
    margin_before, margin_after = effect.margins()
    line = WhatIfEffect(
        "effect", effect.customer, effect.item, effect.currency, effect.unit, effect.lines, plain(effect.quantity),
        _amount(effect.before, digits), _amount(effect.after, digits),
        *_difference(effect.before, effect.after, digits),
        _amount(margin_before, digits), _amount(margin_after, digits),
        _percent(percent_of(margin_before, effect.before)), _percent(percent_of(margin_after, effect.after)),
    )  # fmt: skip
    if effect.reason_before is not None:
        line.reason_before = effect.reason_before
    if effect.reason_after is not None:
        line.reason_after = effect.reason_after
    return line


def _sum(found: Sum) -> WhatIfSum:
    digits = minor_digits(found.currency)
    difference, percent = _difference(found.before, found.after, digits)
    return WhatIfSum(
        found.currency, found.lines, found.lines_changed, found.lines_without_price, found.lines_without_cost,
        plain(found.before, digits), plain(found.after, digits), difference or "0", percent,
        plain(found.margin_before, digits), plain(found.margin_after, digits),
        _percent(percent_of(found.margin_before, found.of_margin[0])),
        _percent(percent_of(found.margin_after, found.of_margin[1])),
    )  # fmt: skip


def _difference(before: Decimal | None, after: Decimal | None, digits: int) -> tuple[Amount | None, Amount | None]:
    if before is None or after is None:
        return None, None
    return plain(EXACT.subtract(after, before), digits), _percent(percent_between(before, after))


def _amount(value: Decimal | None, digits: int) -> Amount | None:
    return None if value is None else plain(value, digits)


def _percent(value: Decimal | None) -> Amount | None:
    return None if value is None else plain(value)
