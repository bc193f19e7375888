"""A book of a thousand rules in which some questions meet the same candidates as in the big one."""

from pathlib import Path

from bench.book import writing
from listino.core.keys import keys_of_shapes
from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, pair_for

RULES = 1_000


def copied(big: Path, small: Path, questions: list[Asked]) -> tuple[str, list[Asked]]:
    """The small book's URL, and as many of the questions as a thousand rules can answer."""
    keys, asked = _keys(f"sqlite:///{big}", questions)
    migrated(f"sqlite:///{small}", currency="EUR", zone="Europe/Rome", country="IT")
    with writing(small) as connection:
        connection.execute("COMMIT")
        connection.execute("ATTACH ? AS big", (str(big),))
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE wanted (key PRIMARY KEY) WITHOUT ROWID")
        connection.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", [(key,) for key in keys])
        connection.execute(
            "INSERT INTO fact SELECT * FROM big.fact WHERE key >= 'a' OR key IN (SELECT key FROM wanted) ORDER BY id"
        )
        connection.execute(
            "INSERT INTO code_of SELECT * FROM big.code_of WHERE fact IN (SELECT id FROM main.fact) ORDER BY code"
        )
        for table in ("key_shape", "change_set"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM big.{table}")
        connection.execute("UPDATE book SET revision = 1")
    return f"sqlite:///{small}", asked


def _keys(url: str, questions: list[Asked]) -> tuple[set[str], list[Asked]]:
    database = Database(url)
    book = snapshot(database)
    keys: set[str] = set()
    asked: list[Asked] = []
    for question in questions:
        found = keys_of_shapes(book.shapes, pair_for(book, question).facts.circle.values)
        places = ",".join("?" * len(found))
        rows = book.reading.connection.execute(f"SELECT key FROM fact WHERE key IN ({places})", found).fetchall()
        if len(keys) + len(rows) > RULES:
            break
        keys.update(key for (key,) in rows)
        asked.append(question)
    database.close()
    return keys, asked
