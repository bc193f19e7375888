"""What the commands print: sentences and tables, good on a terminal and in a file."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from listino.core.errors import Refused, Unavailable

# Into a file or pipe a table is as wide as it needs up to this, whatever window the command was called from.
FILE_WIDTH = 160


def console(*, errors: bool = False) -> Console:
    """A console on stdout, or on stderr for what went wrong and for progress."""
    file = sys.stderr if errors else sys.stdout
    width = None
    if not file.isatty():
        stated = os.environ.get("COLUMNS", "")
        width = max(FILE_WIDTH, int(stated)) if stated.isascii() and stated.isdigit() else FILE_WIDTH
    return Console(file=file, width=width, highlight=False)


def say(text: str = "", style: str | None = None) -> None:
    """Print one line on stdout at once, never folded into a file and never read as markup."""
    console().print(text, style=style, markup=False, soft_wrap=True)
    sys.stdout.flush()


def remark(text: str) -> None:
    """Print one line on stderr, beside the output."""
    console(errors=True).print(text, style="dim", markup=False, soft_wrap=True)


def show(table: Table) -> None:
    """Print a table on stdout."""
    console().print(table)


def table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> Table:
    """A table of texts; what is named in `right` is aligned as numbers are."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        number = column in right
        made.add_column(escape(column), justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        made.add_row(*(escape(cell) for cell in row))
    return made


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """Progress on stderr, a line for each part of the work: (what, how much, of how much or 0 for not known)."""
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    # Lines that are printed meanwhile go above the bar; but never from a file onto the terminal.
    progress = Progress(*columns, console=console(errors=True), redirect_stdout=sys.stdout.isatty())
    try:

        def passed(what: str, done: int, total: int) -> None:
            if not tasks:
                progress.start()
            if what not in tasks:
                tasks[what] = progress.add_task(what.capitalize(), total=total or None)
            progress.update(tasks[what], completed=done, total=total or None)

        yield passed
        for task in progress.tasks:
            progress.update(task.id, total=task.completed, completed=task.completed)
    finally:
        if tasks:
            progress.stop()


def complaint(error: Exception) -> str:
    """What went wrong, in which field, and what to do about it: one sentence each."""
    if isinstance(error, Refused):
        lines = [f"{fault.field}: {fault.text} {fault.remedy}".strip(": ").strip() for fault in error.faults]
        return "\n".join(lines) if lines else error.detail
    if isinstance(error, Unavailable):
        return error.detail
    return f"{type(error).__name__}: {error}"


def complain(error: Exception) -> None:
    """Print what went wrong on stderr."""
    console(errors=True).print(complaint(error), style="red", markup=False, soft_wrap=True)


def fail(error: Exception) -> NoReturn:
    """Print what went wrong on stderr and end with exit code 1."""
    complain(error)
    sys.exit(1)
