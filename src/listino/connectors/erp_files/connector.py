"""The connector: drops become news, orders become files, returned files tell what became of them."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

from listino.connectors.erp_files.incoming import knows, news, put_away, settled_files
from listino.connectors.erp_files.outgoing import file_name, written
from listino.connectors.erp_files.reading import rows_of
from listino.connectors.erp_files.settings import FilesSettings
from listino.connectors.erp_files.state import State
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.mapping import Unreadable, valued
from listino.ports import Duplicates, ErpOrder, News, OrderStates, OrderToPlace, Traits

STATES_PER_PAGE = 500
UNREADABLE = "unreadable"
PENDING = ".listino"


class FilesErp:
    """A management system that reads and writes files.

    An order's key is written down before its file appears in the outbox, in one step that cannot happen twice: so an
    order is written once, whoever repeats it and however often the ERP takes files away (class A).
    """

    def __init__(self, settings: FilesSettings) -> None:
        self._settings = settings
        self._state = State(settings.state)
        # Within the outbox, so that a file appears there by a renaming, whatever disk or share that is.
        self._pending = settings.outbox / PENDING

    @property
    def traits(self) -> Traits:
        """What is true of files on this machine's disk."""
        return Traits(
            name="files",
            duplicates=Duplicates.PREVENTED,
            deadline=timedelta(seconds=30),
            settling=timedelta(0),
            calls_per_minute=6_000,
            zone=self._settings.zone,
        )

    def news(self, since: str | None) -> Iterator[News]:
        """What dropped files tell."""
        return news(self._settings, self._state, since)

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The order that was written under a key; a file that was left behind on its way goes out now."""
        with self._state.opened() as connection:
            row = connection.execute(
                "SELECT key, file, net, gross, number, life, their_gross, text FROM written WHERE key = ?",
                (key,),
            ).fetchone()
        if row is None:
            return ()
        self._send_waiting(key)
        return (_erp_order(row),)

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write an order's file: whole, under its name at once, and once."""
        if self._is_noted(order.key):
            return self._sent(order.key)
        self._check_items(order)
        name = file_name(order.key, self._settings.form)
        # Who else writes this order now has another file waiting: only the one that is noted ever goes out.
        waiting = f"{name}.{token_hex(8)}"
        self._write(waiting, written(order, self._settings))
        with self._state.opened(writing=True) as tx:
            noted = tx.execute(
                "INSERT INTO written (key, file, waiting, sent, net, gross, at, changed) VALUES "
                "(?, ?, ?, 0, ?, ?, ?, (SELECT coalesce(max(changed), 0) + 1 FROM written)) ON CONFLICT DO NOTHING",
                (order.key, name, waiting, str(order.net), str(order.gross), order.taken_at.isoformat()),
            ).rowcount
        if not noted:
            (self._pending / waiting).unlink(missing_ok=True)
        return self._sent(order.key)

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """What returned files said of orders, behind a cursor; every order that was written without one."""
        self._send_waiting()
        self._take_answers()
        behind = int(since) if since is not None and since.isdecimal() else 0
        while True:
            with self._state.opened() as connection:
                rows = connection.execute(
                    "SELECT key, file, net, gross, number, life, their_gross, text, changed FROM written "
                    "WHERE changed > ? ORDER BY changed LIMIT ?",
                    (behind, STATES_PER_PAGE),
                ).fetchall()
            behind = rows[-1][8] if rows else behind
            yield OrderStates(tuple(_erp_order(row[:8]) for row in rows), str(behind))
            if len(rows) < STATES_PER_PAGE:
                return

    def _is_noted(self, key: str) -> bool:
        with self._state.opened() as connection:
            return connection.execute("SELECT 1 FROM written WHERE key = ?", (key,)).fetchone() is not None

    def _sent(self, key: str) -> ErpOrder:
        """An order that is noted, once its file is out."""
        try:
            return self.find_order(key)[0]
        except Unavailable as error:
            # It will go out when it is looked for: nobody may take it for not done.
            raise OutcomeUnknown(error.detail) from None

    def _check_items(self, order: OrderToPlace) -> None:
        if not self._settings.check_items:
            return
        unknown = knows(self._state, tuple(line.item for line in order.lines))
        if unknown:
            text = f"No file has told of {', '.join(dict.fromkeys(unknown))}."
            raise ErpSaidNo("unknown_item", text, "Drop a file with it, then try again.")

    def _write(self, name: str, content: bytes) -> None:
        """Put a file beside the outbox, on disk, ready to appear there."""
        try:
            if not self._settings.outbox.is_dir():
                raise Unavailable(f"There is no folder {self._settings.outbox}.")
            self._pending.mkdir(parents=True, exist_ok=True)
            with (self._pending / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self._pending)
        except OSError as error:
            raise Unavailable(f"{self._pending} cannot be written: {error.strerror}.") from None

    def _send_waiting(self, key: str | None = None) -> None:
        """Have what was noted and has not appeared in the outbox appear there.

        Errors:  Unavailable.
        """
        where, values = ("", ()) if key is None else (" AND key = ?", (key,))
        with self._state.opened() as connection:
            sql = f"SELECT key, waiting, file FROM written WHERE sent = 0{where} ORDER BY changed"
            rows = connection.execute(sql, values).fetchall()
        for noted, waiting, name in rows:
            self._send(waiting, name)
            with self._state.opened(writing=True) as tx:
                tx.execute("UPDATE written SET sent = 1 WHERE key = ?", (noted,))

    def _send(self, waiting: str, name: str) -> None:
        """Have a written file appear in the outbox; nothing when it has."""
        try:
            if not self._pending.is_dir():
                # The outbox may be the empty folder in which a share is mounted at other times.
                raise Unavailable(f"There is no folder {self._pending}.")
            with suppress(FileNotFoundError):
                (self._pending / waiting).replace(self._settings.outbox / name)
                _sync_folder(self._settings.outbox)
        except OSError as error:
            raise Unavailable(f"{self._settings.outbox} cannot be written: {error.strerror}.") from None

    def _take_answers(self) -> None:
        """Read what the ERP returned; a file that cannot be read is set aside under another name."""
        drop = self._settings.answer_drop
        if drop is None:
            return
        for path in settled_files(self._settings.answers, self._settings.settled_after_s):
            if not drop.means(path.name) or path.suffix == f".{UNREADABLE}":
                continue
            try:
                answers = [valued(dict(self._settings.answer_fields), row) for row in self._rows(path)]
            except (Unreadable, ValueError):
                path.replace(path.with_name(f"{path.name}.{UNREADABLE}"))
                continue
            self._note(answers)
            put_away(path, self._settings.archive)

    def _rows(self, path: Path) -> list[dict[str, Any]]:
        if path.suffix.lower() != ".json":
            return list(rows_of(path, self._settings.answer_drop)) if self._settings.answer_drop else []
        found = json.loads(path.read_bytes(), parse_float=Decimal)
        return found if isinstance(found, list) else [found]

    def _note(self, answers: list[dict[str, Any]]) -> None:
        with self._state.opened(writing=True) as tx:
            for answer in answers:
                tx.execute(
                    "UPDATE written SET number = coalesce(?, number), life = coalesce(?, life), "
                    "their_gross = coalesce(?, their_gross), text = coalesce(?, text), "
                    "changed = (SELECT max(changed) + 1 FROM written) WHERE key = ?",
                    (*(answer.get(name) for name in ("number", "life", "gross", "text")), answer.get("key")),
                )


def _erp_order(row: tuple[Any, ...]) -> ErpOrder:
    key, file, net, gross, number, life, their_gross, text = row
    return ErpOrder(
        key=key, number=number or file, net=Decimal(net), gross=Decimal(their_gross or gross), life=life, text=text
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
