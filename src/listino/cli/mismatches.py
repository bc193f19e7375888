"""`listino mismatches`: answers that the management system gives otherwise."""

from typing import Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

SHOWN = 50
SHOWN_MAX = 1_000


def mismatches(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=SHOWN_MAX, help="How many at most.")] = SHOWN,
    database: DatabaseUrl = None,
) -> None:
    """List the price mismatches: answers of ours that the management system gives otherwise, the newest first."""
    from listino.flows.drift import counted, listed
    from listino.web.rest.mismatches import line

    with opened(database) as book:
        found = [line(one) for one in listed(book, None, limit)]
        compared, differing = counted(book)
    screen.say(f"{compared} answers were compared with the management system, {differing} of them differed.")
    if not found:
        return
    rows = [
        (one.item, one.customer or "any guest", f"{one.quantity} {one.unit or ''}".strip(), one.ours or "no price",
         one.theirs or "no price", one.compared_at[:16].replace("T", " "))
        for one in found
    ]  # fmt: skip
    screen.show(screen.table(None, ("Item", "Customer", "Quantity", "Ours", "Theirs", "Compared"), rows))
