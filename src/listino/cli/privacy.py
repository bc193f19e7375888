"""`listino privacy`: what is known of a person, and forgetting it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.flows.privacy import Erased

PRIVACY = typer.Typer(name="privacy", help="Export what is kept of a person, or erase it.", no_args_is_help=True)
CustomerCode = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="The customer's code; or an order's id, for a guest.")
]


@PRIVACY.command()
def export(
    customer: CustomerCode,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", help="A new file to write to; without: the screen.")
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Write everything personal of a customer, with its orders, as JSON."""
    import msgspec

    from listino.cli.files import written_anew
    from listino.config import now
    from listino.flows.privacy import exported

    with opened(database) as book:
        found = exported(book, customer, now())
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    if output is None:
        typer.echo(text)
        return
    with written_anew(output) as file:
        file.write(text + b"\n")
    screen.say(f"Everything personal of {customer} and {len(found['orders'])} orders stand in {output}.")


@PRIVACY.command()
def erase(
    customer: CustomerCode,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask first, as a script does not; there is no way back.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Erase a customer's person and those of its orders from every file of the database."""
    from listino.config import now
    from listino.flows.privacy import erased

    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase everything personal of {customer}? This cannot be undone", abort=True)
    with opened(database) as book:
        outcome = erased(book, customer, now())
    _report(customer, outcome)
    if outcome.left:
        raise typer.Exit(1)


def _report(customer: str, outcome: "Erased") -> None:
    screen.say(f"{outcome.records} personal records of {customer} are erased; codes, prices and orders stay.")
    for field, place in outcome.elsewhere:
        screen.say(f"The words of its {field} stand elsewhere too, in {place}; they were left there.")
    for path in outcome.old_copies:
        screen.say(f"An old copy still holds the person: {path}. Delete it when you no longer need it.")
    if outcome.left:
        for path, field in outcome.left:
            screen.say(f"NOT complete: {path.name} still holds the {field}.", "red")
        screen.say("Repeat the command when fewer others use the database, or after stopping the server.", "red")
        return
    if not outcome.in_files:
        screen.say("The table of persons was written anew. The server's own log, its replicas and its dumps hold")
        screen.say("what they held until they are recycled; `listino restore` erases the person again after a restore.")
        return
    others = "the other " if outcome.elsewhere else ""
    count = outcome.words - len(outcome.elsewhere)
    how = "after writing the database anew" if outcome.rewritten else "at once"
    screen.say(f"Checked byte by byte: none of {others}{count} personal texts is in the database's files ({how}).")
    screen.say("Backups are not touched; `listino restore` erases the person again from what it restores.")
