"""Bring a database to the newest schema, or make a new one."""

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from listino.core.errors import Unavailable
from listino.db.engine import connected, connected_to, is_server, path_of

if TYPE_CHECKING:
    import sqlalchemy

HEAD = "0006"
_FILE_TABLE = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
_SERVER_TABLE = "SELECT 1 FROM pg_class WHERE oid = to_regclass('alembic_version')"


def version_of(url: str) -> str | None:
    """The schema version of a database; None where there is none yet.

    Errors:  Malformed for a URL that names no database; Lost where a server does not answer.
    """
    if not is_server(url):
        path = path_of(url)
        if not path.exists() or path.stat().st_size == 0:
            return None
    connection = connected_to(url, writing=False)
    try:
        row = connection.execute(_SERVER_TABLE if is_server(url) else _FILE_TABLE).fetchone()
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] if row else None
    finally:
        connection.close()


def migrated(url: str, *, currency: str = "EUR", zone: str = "UTC", country: str | None = None) -> str:
    """Carry out the migrations that a database lacks; a new one begins its time line here."""
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            carry_out(connection, "head")
    finally:
        engine.dispose()
    _begin(connected_to(url, writing=True), currency, zone, country)
    return HEAD


def engine_of(url: str) -> "sqlalchemy.Engine":
    """SQLAlchemy's engine of a database, which alone the migrations know; a file is made where there is none."""
    from sqlalchemy import create_engine, pool

    if is_server(url):
        from listino.db.postgres import driver_connection

        return create_engine("postgresql+psycopg://", creator=lambda: driver_connection(url), poolclass=pool.NullPool)
    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    # It holds names and addresses: nobody else on the machine is to read it.
    path.touch(mode=0o600, exist_ok=True)
    return create_engine("sqlite://", creator=lambda: connected(path, writing=True), poolclass=pool.NullPool)


def carry_out(connection: "sqlalchemy.Connection", upto: str) -> None:
    """Carry out the migrations up to one of them."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, upto)


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
        "INSERT INTO book (id, revision, access, epoch, currency, zone, country, history_from) "
        "VALUES (1, 0, 0, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
        (new_epoch(), currency, zone, country),
    )
    connection.close()
