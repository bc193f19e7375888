"""`listino mirror`: the management system is read now, and what of it is not in the book is shown."""

from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.flows.mirror_state import MirrorSource

PROBLEMS_SHOWN = 1_000


def mirror(
    *,
    full: Annotated[bool, typer.Option("--full", help="Compare all, not only what changed.")] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Let also end what is too much to end unconfirmed.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Only show how far it is read.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Bring what changed in the management system into the book now, and list what could not be brought.

    `listino serve` and `listino worker` do it again and again by themselves. --full also undoes what was changed here
    by hand of records that come from there.
    """
    from listino.cli.working import outside_of
    from listino.config import now
    from listino.flows.ending import Guard
    from listino.flows.mirror import mirrored
    from listino.flows.mirror_state import sources_of

    with opened(database) as book:
        outside = None if show else outside_of()
        if outside is not None and outside.erp is None:
            screen.say("No management system is connected. Name its settings file in LISTINO_ERP.")
        elif outside is not None and outside.erp is not None:
            guard = Guard(outside.mirror.end_percent, confirm)
            done = mirrored(book, outside.erp, outside.mirror.source, now, full=full, guard=guard)
            screen.say(
                f"Read {done.read} records; {done.changed} changed, {done.ended} ended, revision {done.revision}."
            )
        for source in sources_of(book, now(), PROBLEMS_SHOWN):
            _show(source)


def _show(source: "MirrorSource") -> None:
    held = ", ".join(f"{count} {kind}" for kind, count in source.held.items()) or "nothing"
    screen.say(f"{source.source}: {held}; as of {source.kept_at or 'never'}.")
    if source.failure is not None:
        screen.say(f"The last run failed: {source.failure}")
    for kind, one in source.to_confirm.items():
        text = f"{one['ends']} of {one['of']} {kind} are not in it any more and would end."
        screen.say(f"{text} If that is so: listino mirror --full --confirm.")
    if source.problems:
        rows = [(one.kind, one.code, one.reason, one.text, one.remedy) for one in source.problems]
        title = f"{source.problems_total} are not in the book as they stand there"
        screen.show(screen.table(title, ("Kind", "Code", "Reason", "Why", "What to do"), rows, ()))
