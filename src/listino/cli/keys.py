"""`listino keys`: who may ask."""

from typing import Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

KEYS = typer.Typer(name="keys", help="Make, list and revoke API keys.", no_args_is_help=True)


@KEYS.command()
def create(
    *,
    name: Annotated[str, typer.Option("--name", help="Whose key it is; names may repeat.")],
    scopes: Annotated[str, typer.Option("--scopes", help="What it may do: scopes with commas between, or `all`.")],
    channel: Annotated[str | None, typer.Option("--channel", help="The channel that it asks for by default.")] = None,
    test: Annotated[bool, typer.Option("--test", help="A test key: its orders never reach the ERP.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Make a key. It is shown this once: the last word that is printed."""
    from listino.config import SystemChance, now
    from listino.flows.access import created

    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    with opened(database) as book:
        key, secret = created(book, name, wanted, channel=channel, test=test, now=now(), chance=SystemChance())
    kind = "Test key" if key.test else "Key"
    screen.say(f"{kind} {key.id} for {key.name!r} with {', '.join(key.scopes)}; keep it, it is not shown again:")
    screen.say(secret)


@KEYS.command("list")
def list_keys(*, database: DatabaseUrl = None) -> None:
    """Show all keys, without their secrets."""
    from listino.db.access import keys

    with opened(database) as book:
        rows = [
            (key.id, key.name, ", ".join(key.scopes), key.channel or "", "test" if key.test else "live",
             _moment(key.created_at), _moment(key.revoked_at))
            for key in keys(book.read())
        ]  # fmt: skip
    if not rows:
        screen.say("There are no keys yet: listino keys create --name NAME --scopes all")
        return
    screen.show(screen.table(None, ("Id", "Name", "Scopes", "Channel", "Kind", "Made", "Revoked"), rows))


@KEYS.command()
def revoke(
    id_or_key: Annotated[str, typer.Argument(metavar="ID_OR_KEY", help="The key's id, or the key itself.")],
    *,
    database: DatabaseUrl = None,
) -> None:
    """End a key: the very next request with it is refused."""
    from listino.config import now
    from listino.flows.access import revoked

    with opened(database) as book:
        key = revoked(book, id_or_key, now())
    screen.say(f"Key {key.id} of {key.name!r} is revoked.")


@KEYS.command("rotate-quotes")
def rotate_quotes(
    *,
    revoke_old: Annotated[
        bool, typer.Option("--revoke-old", help="Quotes that were given until now hold no longer: a secret got out.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Sign the quotes of baskets with a new secret from now on; those that were given until now hold on."""
    from listino.config import SystemChance
    from listino.flows.quotes import rotated

    with opened(database) as book:
        name = rotated(book, SystemChance(), revoke=revoke_old)
    old = "Those of before hold no longer." if revoke_old else "Those of before hold until they end."
    screen.say(f"Quotes are signed with the new secret {name}. {old}")


def _moment(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") + " UTC" if stamp else ""
