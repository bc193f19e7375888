"""Books for tests: a fresh database with facts in it, at the price of a copied file."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from listino.core.facts import KIND_OF, Fact
from listino.db.book import Change, Committed, commit
from listino.db.engine import Database
from listino.db.migrate import migrated
from tests import engines

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Books:
    """A migrated file that every book is copied from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite"
        self._made = 0

    @contextmanager
    def opened(self, *facts: Fact) -> Iterator[Database]:
        """A book that holds these facts as its first revision."""
        with self._new() as url, closing(Database(url)) as database:
            if facts:
                put(database, *facts)
            yield database

    @contextmanager
    def _new(self) -> Iterator[str]:
        company = {"currency": "EUR", "zone": "Europe/Rome", "country": "IT"}
        if engines.is_server():
            with engines.server().new_database(**company) as url:
                yield url
            return
        if not self._template.exists():
            migrated(f"sqlite:///{self._template}", **company)
        self._made += 1
        path = self._folder / f"book-{self._made}.sqlite"
        shutil.copyfile(self._template, path)
        yield f"sqlite:///{path}"
        path.unlink()


def put(database: Database, *facts: Fact) -> Committed:
    """State facts as one revision."""
    return changed(database, [Change(KIND_OF[type(fact)], fact.code, fact) for fact in facts])


def ended(database: Database, *facts: Fact) -> Committed:
    """End facts as one revision."""
    return changed(database, [Change(KIND_OF[type(fact)], fact.code, None) for fact in facts])


def changed(database: Database, changes: Sequence[Change]) -> Committed:
    """Commit changes."""
    committed: Committed = database.write(lambda tx: commit(tx, changes, "test", None, NOW))
    return committed
