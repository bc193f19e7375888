"""`listino unpriced`: what customers asked for and have no price of."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.core.question import NotApplied

SHOWN = 50
SHOWN_MAX = 1_000


def unpriced(
    *,
    item: Annotated[str | None, typer.Option("--item", help="Only this item.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only what this customer asked for.")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only what was asked for through this channel.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only where this is why, as no_price or not_in_assortment.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=SHOWN_MAX, help="How many at most.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="Print NDJSON for programs.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """List what customers asked for and have no price of, the most asked for first.

    What has a price by now is taken off. Workers write down what they counted every ten seconds.
    """
    from listino.config import now
    from listino.core.explain import no_price_text
    from listino.flows.unpriced import listed
    from listino.web.answers import encode
    from listino.web.rest.unpriced import line

    said = {"item": item, "customer": customer, "channel": channel, "reason": reason}
    with opened(database) as book:
        filters = {name: value for name, value in said.items() if value is not None}
        page, following = listed(book, filters, None, limit, now())
    if as_json:
        sys.stdout.writelines(encode(line(wanted, None, full=True)).decode() + "\n" for wanted in page)
        return
    if not page:
        screen.say("Nothing that was asked for is without a price.")
        return
    rows = [
        (
            wanted.asked.item, wanted.asked.customer or "any guest", wanted.asked.channel or "", str(wanted.times),
            wanted.first_at[:10], wanted.last_at[:10], _nearest(wanted.nearest) or no_price_text(wanted.outcome.reason),
        )
        for wanted in page
    ]  # fmt: skip
    columns = ("Item", "Customer", "Channel", "Times", "Since", "Last", "Why, or what came nearest")
    screen.show(screen.table(None, columns, rows, ("Times",)))
    if following is not None:
        screen.say(f"There are more: these are the first {len(page)}; --limit shows up to {SHOWN_MAX}.")


def _nearest(found: "NotApplied | None") -> str:
    """The rule that came nearest, and what would have to change."""
    from listino.core.explain import text_in, why_not

    if found is None:
        return ""
    _, rule, reason, detail = found
    label = text_in(rule.label)
    return f"{f'{label} ({rule.code})' if label else rule.code}: {why_not(rule, reason, detail)}"
