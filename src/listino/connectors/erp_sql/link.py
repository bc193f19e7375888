"""The connection with the database: opened by a deadline, its errors sorted by who must act."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, TextClause, create_engine, event, inspect, text
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from listino.connectors.erp_sql.settings import SqlSettings
from listino.connectors.erp_sql.values import ValueOf, Values
from listino.connectors.erp_sql.watched import Watch, by_deadline
from listino.core.errors import ErpSaidNo, Malformed, OutcomeUnknown, Unavailable, malformed

Outcome = TypeVar("Outcome")
# What a driver is told of deadlines, by the database's kind.
DRIVER_EXTRAS = {
    "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "mssql": "sqlserver", "oracle": "oracle",
    "firebird": "firebird",
}  # fmt: skip


class Link:
    """The way to one database: a new connection for each call, so that none is held that has died."""

    def __init__(self, settings: SqlSettings) -> None:
        """Errors: Malformed where the database's driver is not installed."""
        self.settings = settings
        self.engine = _engine(settings)

    def call(self, work: Callable[[Connection, Watch], Outcome], deadline: timedelta) -> Outcome:
        """Carry out work on a connection of its own; what it does not commit by its watch is rolled back.

        Errors:  Unavailable, OutcomeUnknown, ErpSaidNo.
        """

        def connected(watch: Watch) -> Outcome:
            with self.connection() as connection:
                return work(connection, watch)

        return by_deadline(connected, deadline, self.settings.name)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection, its errors sorted.

        Errors:  as of `call`.
        """
        database = self.settings.url.database
        if self.engine.dialect.name == "sqlite" and database and not Path(database).exists():
            # SQLite would make an empty one.
            raise Unavailable(f"{self.settings.name}: there is no file {database}.")
        with self.sorted_errors():
            try:
                connection = self.engine.connect()
            except DBAPIError as error:
                raise Unavailable(f"{self.settings.name}: {_words(error)}") from None
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def sorted_errors(self) -> Iterator[None]:
        """Errors of the database by who must act: what was not committed is surely not done."""
        try:
            yield
        except (ProgrammingError, NotSupportedError) as error:
            remedy = "Correct the statement in the mapping file, or the rights of its user."
            raise ErpSaidNo("statement", f"{self.settings.name}: {_words(error)}", remedy) from None
        except DataError as error:
            raise ErpSaidNo("does_not_fit", f"{self.settings.name}: {_words(error)}", "Correct the value.") from None
        except IntegrityError as error:
            remedy = "See which rule of the database it breaks."
            raise ErpSaidNo("refused", f"{self.settings.name}: {_words(error)}", remedy) from None
        except SQLAlchemyError as error:
            raise Unavailable(f"{self.settings.name}: {_words(error)}") from None

    def commit(self, connection: Connection, watch: Watch) -> None:
        """Commit what was written.

        Errors:  OutcomeUnknown where the connection was lost meanwhile; what the database refuses then is not done.
        """
        try:
            watch.commit(connection.commit)
        except (IntegrityError, DataError):
            raise
        except DBAPIError as error:
            raise OutcomeUnknown(f"{self.settings.name} was lost while it committed: {_words(error)}") from None

    def executed(
        self, connection: Connection, statement: str, values: Values, made: Mapping[str, ValueOf] | None = None
    ) -> CursorResult[Any]:
        """Carry out a statement of the mapping, its parameters bound.

        Errors:  ErpSaidNo for a parameter that there is not.
        """
        clause, names = _parsed(statement)
        bound: Values = {}
        for name in names:
            if made is not None and name in made:
                bound[name] = made[name].of(values, name)
            elif name in values:
                bound[name] = values[name]
            else:
                remedy = "Correct it in the mapping file, or tell it in order.values."
                raise ErpSaidNo("statement", f"There is no parameter :{name} here.", remedy)
        return connection.execute(clause, {name: self._bindable(value) for name, value in bound.items()})

    def _bindable(self, value: Any) -> Any:
        """A value as the driver takes it: SQLite knows neither decimals nor dates."""
        if self.engine.dialect.name != "sqlite" or value is None:
            return value
        kind = type(value).__name__
        if kind == "Decimal":
            return int(value) if value == value.to_integral_value() else float(value)
        if kind == "datetime":
            return value.isoformat(" ", "seconds")
        return value.isoformat() if kind == "date" else value

    def is_unique(self, connection: Connection, table: str, column: str) -> bool:
        """Whether the database itself lets no value stand twice in a column."""
        inspector = inspect(connection)
        wanted = [column.casefold()]
        schema = self.settings.schema
        # A mapping writes names as people do; the database says how it spells them itself.
        spelt = {name.casefold(): name for name in inspector.get_table_names(schema)}
        table = spelt.get(table.casefold(), table)
        found: list[Sequence[Any]] = [inspector.get_pk_constraint(table, schema).get("constrained_columns") or []]
        # SQLite keeps a UNIQUE of a column as an index of its own making.
        more = {"include_auto_indexes": True} if self.engine.dialect.name == "sqlite" else {}
        found += [index["column_names"] for index in inspector.get_indexes(table, schema, **more) if _is_whole(index)]
        found += [one["column_names"] for one in _unique_constraints(inspector, table, schema)]
        return any([str(name).casefold() for name in names] == wanted for names in found)


def _unique_constraints(inspector: Any, table: str, schema: str | None) -> Sequence[Any]:
    try:
        constraints: Sequence[Any] = inspector.get_unique_constraints(table, schema)
    except NotImplementedError:
        return ()
    return constraints


def _is_whole(index: Any) -> bool:
    """Whether an index is unique over all rows."""
    partial = any(name.endswith("_where") and where for name, where in index.get("dialect_options", {}).items())
    return bool(index.get("unique")) and not partial


def _parsed(statement: str) -> tuple[TextClause, tuple[str, ...]]:
    """A statement with the names of its parameters."""
    clause = text(statement)
    return clause, tuple(clause.compile().params)


def used(statements: Sequence[str]) -> frozenset[str]:
    """The names of all parameters of some statements."""
    return frozenset(name for statement in statements for name in _parsed(statement)[1])


def _words(error: SQLAlchemyError) -> str:
    """What the database said, in one line: neither statement nor values, which may be personal."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return " ".join(said[0].split())[:500] if said else type(error).__name__


def _engine(settings: SqlSettings) -> Engine:
    backend, seconds = settings.url.get_backend_name(), max(1, int(settings.deadline.total_seconds()))
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        arguments = {
            "connect_timeout": seconds, "tcp_user_timeout": seconds * 1_000, "keepalives_idle": seconds,
        }  # fmt: skip
    elif backend in {"mysql", "mariadb"}:
        slowest = max(seconds, int(settings.news_deadline.total_seconds()))
        arguments = {"connect_timeout": seconds, "read_timeout": slowest, "write_timeout": seconds}
    elif backend == "sqlite":
        arguments = {"timeout": seconds, "check_same_thread": False}
    elif backend == "mssql" and settings.url.get_driver_name() == "pyodbc":
        arguments = {"timeout": seconds}
    try:
        engine = create_engine(settings.url, poolclass=NullPool, connect_args=arguments)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise _no_driver(backend, error) from None
    event.listen(engine, "connect", lambda connection, _: _prepared(connection, backend, settings))
    if backend == "sqlite":
        # Else a reading that takes several statements would see several states.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _prepared(connection: Any, backend: str, settings: SqlSettings) -> None:
    """A new connection is told what it is for."""
    if backend == "sqlite":
        connection.isolation_level = None
    cursor = connection.cursor()
    for statement in settings.on_connect:
        cursor.execute(statement)
    cursor.close()
    if backend not in {"sqlite", "mysql", "mariadb"}:
        connection.commit()


def _no_driver(backend: str, error: Exception) -> Malformed:
    extra = DRIVER_EXTRAS.get(backend)
    remedy = f"Install it: pip install 'listino[{extra}]'." if extra else "Install a SQLAlchemy dialect for it."
    return malformed("connection.url", "no_driver", f"There is no driver for {backend}: {error}.", remedy)
