"""`listino keys`: who may ask."""

from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.flows.access import ApiKey

KEYS = typer.Typer(name="keys", help="Make, list, limit and revoke API keys.", no_args_is_help=True)

Rate = Annotated[int | None, typer.Option("--rate", help="Requests a second that it may make; without, any number.")]
Burst = Annotated[int | None, typer.Option("--burst", help="How many of them at once; without, two seconds' worth.")]


@KEYS.command()
def create(
    *,
    name: Annotated[str, typer.Option("--name", help="Whose key it is; names may repeat.")],
    scopes: Annotated[str, typer.Option("--scopes", help="What it may do: scopes with commas between, or `all`.")],
    channel: Annotated[str | None, typer.Option("--channel", help="The channel that it asks for by default.")] = None,
    test: Annotated[bool, typer.Option("--test", help="A test key: its orders never reach the ERP.")] = False,
    rate: Rate = None,
    burst: Burst = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a key. It is shown this once: the last word that is printed."""
    from listino.config import SystemChance, now
    from listino.flows.access import created, limit_of

    limit = limit_of(rate, burst)
    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    with opened(database) as book:
        key, secret = created(
            book, name, wanted, channel=channel, test=test, now=now(), chance=SystemChance(), limit=limit
        )
    kind = "Test key" if key.test else "Key"
    screen.say(f"{kind} {key.id} for {key.name!r} with {', '.join(key.scopes)}; keep it, it is not shown again:")
    screen.say(secret)


@KEYS.command("list")
def list_keys(*, database: DatabaseUrl = None) -> None:
    """Show all keys, without their secrets."""
    from listino.db.access import keys

    with opened(database) as book:
        rows = [
            (key.id, key.name, ", ".join(key.scopes), key.channel or "", "test" if key.test else "live", _limit(key),
             _moment(key.created_at), _moment(key.revoked_at))
            for key in keys(book.read())
        ]  # fmt: skip
    if not rows:
        screen.say("There are no keys yet: listino keys create --name NAME --scopes all")
        return
    screen.show(screen.table(None, ("Id", "Name", "Scopes", "Channel", "Kind", "Limit", "Made", "Revoked"), rows))


@KEYS.command()
def limit(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `listino keys list` shows it.")],
    *,
    rate: Rate = None,
    burst: Burst = None,
    no_rate: Annotated[bool, typer.Option("--no-rate", help="Let it ask as often as it likes.")] = False,
    database: DatabaseUrl = None,
) -> None:
    """Set how often a key may ask, or lift its limit: it counts from the very next request on. Orders are exempt."""
    from listino.core.errors import malformed
    from listino.flows.access import limit_of, limited

    if no_rate == (rate is not None):
        raise malformed("rate", "missing", "It is not said how often.", "Name --rate NUMBER, or --no-rate alone.")
    with opened(database) as book:
        key = limited(book, key_id, limit_of(rate, burst))
    screen.say(f"Key {key.id} of {key.name!r} may ask {_limit(key) or 'as often as it likes'}.")


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


def _limit(key: "ApiKey") -> str:
    return f"{key.limit.rate}/s, {key.limit.burst} at once" if key.limit is not None else ""


@KEYS.command("rotate-tokens")
def rotate_tokens(
    *,
    revoke_old: Annotated[
        bool, typer.Option("--revoke-old", help="Tokens that were minted until now hold no longer: a secret got out.")
    ] = False,
    database: DatabaseUrl = None,
) -> None:
    """Sign the tokens of browsers with a new secret from now on; those that were minted until now hold on."""
    from listino.config import SystemChance
    from listino.flows.tokens import rotated

    with opened(database) as book:
        name = rotated(book, SystemChance(), revoke=revoke_old)
    old = "Those of before hold no longer." if revoke_old else "Those of before hold until they end."
    screen.say(f"Tokens are signed with the new secret {name}. {old}")


def _moment(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") + " UTC" if stamp else ""
