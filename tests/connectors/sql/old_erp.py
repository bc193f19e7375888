"""A management system as they were written long ago: padded codes, dates as integers, cents, flags 'S' and 'N'.

The same schema on SQLite, PostgreSQL and MariaDB. It computes its own prices, in SQL, with integers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, create_engine, event, text

TODAY = 20261123
BEGIN = date(2026, 11, 23)
SCHEMA = (
    "CREATE TABLE GRUPPI (CODGRU CHAR(4) PRIMARY KEY, DESCR CHAR(30))",
    "CREATE TABLE CLASSI (CLASSE CHAR(2) PRIMARY KEY, LISTINO CHAR(4), DESCR CHAR(30))",
    "CREATE TABLE ARTICOLI (CODART CHAR(15) PRIMARY KEY, DESCR CHAR(40), UM CHAR(3), CODGRU CHAR(4), COSTO INTEGER, "
    "ANNULLATO CHAR(1), DTAGG BIGINT)",
    "CREATE TABLE CLIENTI (CODCLI CHAR(8) PRIMARY KEY, RAGSOC VARCHAR(60), INDIR VARCHAR(60), CLASSE CHAR(2), "
    "NAZ CHAR(2), BLOCCATO CHAR(1), DTAGG BIGINT)",
    "CREATE TABLE LISTINI (LISTINO CHAR(4), CODART CHAR(15), DAL INTEGER, AL INTEGER, QTADA INTEGER, PREZZO INTEGER, "
    "DTAGG BIGINT, PRIMARY KEY (LISTINO, CODART, DAL, QTADA))",
    "CREATE TABLE SCONTI (CODCLI CHAR(8), CODGRU CHAR(4), DAL INTEGER, AL INTEGER, SC INTEGER, "
    "PRIMARY KEY (CODCLI, CODGRU, DAL))",
    "CREATE TABLE GIACENZE (CODART CHAR(15), DEPOSITO CHAR(2), QTA INTEGER, PRIMARY KEY (CODART, DEPOSITO))",
    "CREATE TABLE TESTORD (NUMORD {identity}, CHIAVE VARCHAR(80) NOT NULL{unique}, CODCLI CHAR(8) NOT NULL "
    "REFERENCES CLIENTI (CODCLI), DATORD INTEGER, DATCON INTEGER, RIFCLI VARCHAR(60), NOTE VARCHAR(400), "
    "PIVA VARCHAR(20), FATT_NOME VARCHAR(60), FATT_DITTA VARCHAR(60), FATT_VIA VARCHAR(60), FATT_CAP VARCHAR(10), "
    "FATT_LOC VARCHAR(40), CONS_NOME VARCHAR(60), CONS_VIA VARCHAR(60), CONS_VIA2 VARCHAR(60), CONS_CAP VARCHAR(10), "
    "CONS_LOC VARCHAR(40), CONS_TEL VARCHAR(30), CONTATTI VARCHAR(400), PAGAM VARCHAR(20), PAGRIF VARCHAR(60), "
    "NETTO INTEGER, IVA INTEGER, TOTALE INTEGER, STATO CHAR(1) NOT NULL, DTAGG BIGINT)",
    "CREATE TABLE RIGHEORD (NUMORD INTEGER NOT NULL REFERENCES TESTORD (NUMORD), RIGA INTEGER NOT NULL, TIPO CHAR(1), "
    "CODART CHAR(15) REFERENCES ARTICOLI (CODART), QTA NUMERIC(12, 3), PREZZO NUMERIC(14, 4), NETTO INTEGER, "
    "IVA INTEGER, DESCR VARCHAR(80), PRIMARY KEY (NUMORD, RIGA))",
)  # fmt: skip
IDENTITY = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
}
# What this old system charges a customer for an item: the price of its class' list, less its discount on the group.
# The newest prices count first, then the largest quantity that is reached; a day given as the end is the last one.
PRICE = """
SELECT (p.PREZZO * (10000 - COALESCE((
    SELECT s.SC FROM SCONTI s WHERE s.CODCLI = c.CODCLI AND s.CODGRU = a.CODGRU
        AND s.DAL <= :on_yyyymmdd AND (s.AL = 0 OR s.AL >= :on_yyyymmdd)
), 0)) + 5000) {div} 10000 AS PREZZO
FROM CLIENTI c, CLASSI k, ARTICOLI a, LISTINI p
WHERE c.CODCLI = :customer AND a.CODART = :item AND k.CLASSE = c.CLASSE AND p.LISTINO = k.LISTINO
    AND p.CODART = a.CODART AND p.QTADA <= :quantity AND p.DAL <= :on_yyyymmdd AND (p.AL = 0 OR p.AL >= :on_yyyymmdd)
ORDER BY p.DAL DESC, p.QTADA DESC LIMIT 1
"""
GROUPS = ("CAVI", "LAMP", "QUAD", "VITI")
CLASSES = {"GR": "L1", "RI": "L2", "PR": "L3"}
UNITS = ("PZ", "MT", "KG")
_stamps = count(20261101000001)


class OldErp:
    """The system itself, as its own people and programs work in it."""

    def __init__(self, url: str, *, unique: bool = True) -> None:
        self.url = url
        self.engine: Engine = create_engine(url)
        self.kind = self.engine.dialect.name
        if self.kind == "sqlite":
            event.listen(self.engine, "connect", lambda one, _: one.execute("PRAGMA foreign_keys = ON"))
        words = {"identity": IDENTITY[self.kind], "unique": " UNIQUE" if unique else ""}
        self.run(*(statement.format(**words) for statement in SCHEMA))

    def run(self, *statements: str, **values: Any) -> None:
        """Carry out statements in one transaction."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def fill(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows."""
        places = ", ".join(f":c{place}" for place in range(len(rows[0])))
        with self.engine.begin() as connection:
            connection.execute(
                text(f"INSERT INTO {table} VALUES ({places})"),
                [{f"c{place}": value for place, value in enumerate(row)} for row in rows],
            )

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What a query answers, by column in capitals."""
        with self.engine.connect() as connection:
            found = connection.execute(text(query), values).mappings().all()
        return [{name.upper(): value for name, value in row.items()} for row in found]

    def price_query(self) -> str:
        """Its own computation of a price, in cents."""
        return PRICE.format(div="DIV" if self.kind == "mysql" else "/")

    def price(self, customer: str, item: str, quantity: int, day: int = TODAY) -> int | None:
        """What it charges a customer for one, in cents; None where it has no price."""
        values = {"customer": padded(customer, 8), "item": padded(item, 15), "quantity": quantity, "on_yyyymmdd": day}
        found = self.rows(self.price_query(), **values)
        return int(found[0]["PREZZO"]) if found else None

    def add_item(self, code: str, *, group: str = "CAVI", ended: str = "N") -> None:
        """Make an item, or change it."""
        self.run("DELETE FROM ARTICOLI WHERE CODART = :code", code=padded(code, 15))
        row = (padded(code, 15), f"Articolo {code}".ljust(40), "PZ ", group, 150, ended, stamp())
        self.fill("ARTICOLI", [row])

    def close(self) -> None:
        """Let go of it."""
        self.engine.dispose()


def padded(code: str, length: int) -> str:
    """A code as it stands in its column."""
    return code.ljust(length)


def stamp() -> int:
    """When a row was changed: a moment later with each."""
    return next(_stamps)


def sold(erp: OldErp, chance: Random, *, items: int, customers: int) -> tuple[list[str], list[str]]:
    """Fill it as years of work do: items, customers, lists with steps and dates, discounts; the codes of both."""
    codes = [f"A{number:04d}/{chance.choice('XYZ')}" for number in range(items)]
    buyers = [f"C{number:05d}" for number in range(customers)]
    erp.fill("GRUPPI", [(code, f"Gruppo {code}".ljust(30)) for code in GROUPS])
    erp.fill("CLASSI", [(code, padded(of, 4), f"Classe {code}".ljust(30)) for code, of in CLASSES.items()])
    erp.fill("ARTICOLI", [
        (padded(code, 15), f"Articolo {code}".ljust(40), padded(chance.choice(UNITS), 3), chance.choice(GROUPS),
         chance.randrange(50, 900), "N", stamp()) for code in codes
    ])  # fmt: skip
    erp.fill("CLIENTI", [
        (padded(code, 8), f"Ditta {code} S.r.l.", "Via Roma 1", chance.choice([*CLASSES]), "IT", "N", stamp())
        for code in buyers
    ])  # fmt: skip
    erp.fill("LISTINI", list(_prices(chance, codes)))
    erp.fill("SCONTI", list(_discounts(chance, buyers)))
    erp.fill("GIACENZE", [(padded(code, 15), "01", chance.randrange(500)) for code in codes])
    return codes, buyers


def _prices(chance: Random, codes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Ladders: some that ended yesterday, end today, begin today or tomorrow, or stand without end."""
    for of in CLASSES.values():
        for code in codes:
            if chance.random() < 0.1:
                continue
            base = chance.randrange(101, 99_999)
            for begin, end in chance.choice(_SPANS):
                steps = [1, *sorted(chance.sample([5, 10, 12, 25, 50, 100], chance.randrange(4)))]
                for place, step in enumerate(steps):
                    price = base * (100 - 7 * place) // 100
                    yield padded(of, 4), padded(code, 15), _day(begin), _end(end), step, price, stamp()
                base = base * 103 // 100


_SPANS: tuple[tuple[tuple[int, int | None], ...], ...] = (
    ((-400, None),), ((-400, -1), (0, None)), ((-400, 0), (1, None)), ((-400, -1),), ((0, 0),), ((1, None),),
    ((-400, None), (-30, 30)), ((-90, None), (-30, 0)),
)  # fmt: skip


def _discounts(chance: Random, buyers: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for buyer in buyers:
        for group in GROUPS:
            if chance.random() < 0.6:
                for begin, end in chance.choice(_SPANS[:6]):
                    percent = chance.choice([250, 500, 1000, 1250, 3333, 1, 5000])
                    yield padded(buyer, 8), group, _day(begin), _end(end), percent


def _day(days: int) -> int:
    return int(f"{BEGIN + timedelta(days=days):%Y%m%d}")


def _end(days: int | None) -> int:
    return 0 if days is None else _day(days)


@contextmanager
def on_sqlite(folder: Path, *, unique: bool = True) -> Iterator[OldErp]:
    """One in a file."""
    erp = OldErp(f"sqlite:///{folder / 'old.db'}", unique=unique)
    try:
        yield erp
    finally:
        erp.close()
