"""Bring a database to the newest schema, or make a new one."""

from pathlib import Path
from secrets import token_hex
from typing import Any

from listino.core.errors import Unavailable
from listino.db.engine import connected, path_of

HEAD = "0005"


def version_of(url: str) -> str | None:
    """The schema version of a database file; None where there is none yet."""
    path = path_of(url)
    if not path.exists() or path.stat().st_size == 0:
        return None
    connection = connected(path, writing=False)
    try:
        row = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] if row else None
    finally:
        connection.close()


def migrated(url: str, *, currency: str = "EUR", zone: str = "UTC", country: str | None = None) -> str:
    """Carry out the migrations that a database lacks; a new one begins its time line here."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, pool

    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    # It holds names and addresses: nobody else on the machine is to read it.
    path.touch(mode=0o600, exist_ok=True)
    engine = create_engine("sqlite://", creator=lambda: connected(path, writing=True), poolclass=pool.NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    _begin(connected(path, writing=True), currency, zone, country)
    return HEAD


def stated(tx: Any, named: dict[str, str]) -> bool:
    """State the company's currency, zone or country anew; False once a fact or an order depends on them.

    Joins the caller's transaction.
    """
    if tx.execute("SELECT 1 FROM book WHERE revision > 0 UNION SELECT 1 FROM orders LIMIT 1").fetchone():
        return False
    for name in ("currency", "zone", "country"):
        if name in named:
            tx.execute(f"UPDATE book SET {name} = ?", (named[name],))
    return True


def check_version(url: str) -> None:
    """Refuse to work on a database of another schema than this program's."""
    found = version_of(url)
    if found != HEAD:
        text = "There is no database yet" if found is None else f"The database has schema {found}, not {HEAD}"
        raise Unavailable(f"{text}: run `listino migrate`.", code="not_migrated")


def new_epoch() -> str:
    """The name of a new time line."""
    return token_hex(8)


def _begin(connection: Any, currency: str, zone: str, country: str | None) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO book (id, revision, access, epoch, currency, zone, country, history_from) "
        "VALUES (1, 0, 0, ?, ?, ?, ?, 0)",
        (new_epoch(), currency, zone, country),
    )
    connection.close()
