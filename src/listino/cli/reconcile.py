"""`listino reconcile`: whether the management system holds the same orders as we do."""

from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.flows.reconcile import Finding

SHOWN_MAX = 200


def reconcile(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Hand over again what the management system does not hold.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="With --repair: also where very many are missing at once.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Hold all orders against the management system: missing, double, different; exit code 1 if a person must act.

    What it holds and was not marked as placed is marked. After a restore this ends the pause in which nothing is sent.
    """
    from listino.config import connected_erp, erp_settings, now
    from listino.flows.conservation import counted, lost
    from listino.flows.reconcile import Repair, reconciled

    stated = erp_settings()
    with opened(database) as book:
        if stated is None:
            screen.say("No management system is connected: the book is the management system.")
        else:
            outcome = reconciled(book, connected_erp(stated), now, repair=Repair(repair, confirm))
            screen.say(
                f"{outcome.compared} orders were held against {outcome.documents} in the management system: "
                f"{len(outcome.findings) - len(outcome.open)} mended, {len(outcome.open)} for a person."
            )
            _print(outcome.findings)
            if outcome.held_back:
                screen.say(
                    f"{outcome.held_back} are missing at once, so none was handed over again: is this the right "
                    "system, or did it put them into an archive? If they are to go again: "
                    "listino reconcile --repair --confirm.",
                    "yellow",
                )
            if outcome.resumed:
                screen.say("The pause after the restore is over: orders are handed over again.")
            if outcome.resumes_at is not None:
                screen.say(
                    f"What was sent before the restore may arrive until {outcome.resumes_at:%H:%M:%S} UTC: orders are "
                    "handed over again by the next comparison after that, which a worker does by itself."
                )
        counts = counted(book)
    screen.say("Orders " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items()) + ".")
    if lost(counts):
        screen.say(f"{lost(counts)} orders were taken and are nowhere: tell us, and keep the database as it is.", "red")
    if lost(counts) or (stated is not None and outcome.open):
        raise typer.Exit(1)


def _print(findings: "tuple[Finding, ...]") -> None:
    from listino.core.reconciliation import REMEDIES

    if not findings:
        return
    rows = [
        (one.difference.value.replace("_", " "), one.key, one.ours or "", one.theirs or "",
         "mended" if one.repaired else REMEDIES[one.difference])
        for one in findings[:SHOWN_MAX]
    ]  # fmt: skip
    screen.show(screen.table(None, ("What", "Order", "Here", "There", "What to do"), rows))
    if len(findings) > SHOWN_MAX:
        screen.say(f"These are the first {SHOWN_MAX}; GET /v1/reconciliation lists more.")
