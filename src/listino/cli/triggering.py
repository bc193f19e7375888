"""`listino trigger`: an event that never happened, or a management system that is broken on purpose."""

from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.db.engine import Database


def trigger(
    what: Annotated[
        str,
        typer.Argument(metavar="EVENT", help="An event, as order.accepted; or erp-down, answer-lost, erp-ok."),
    ],
    *,
    minutes: Annotated[int, typer.Option("--minutes", help="For how long erp-down lasts.")] = 5,
    times: Annotated[int, typer.Option("--times", help="How many answers are lost.")] = 1,
    database: DatabaseUrl = None,
) -> None:
    """Tell listeners and webhooks of an event that never happened, marked as a test.

    Or break the management system on purpose, on a test installation alone: erp-down answers nobody, answer-lost
    places the next order without an answer, erp-ok ends both.
    """
    from listino.config import SystemChance, now
    from listino.flows import troubled
    from listino.flows.triggering import triggered
    from listino.web.answers import encode

    with opened(database) as book:
        if what not in {troubled.DOWN, troubled.ANSWER_LOST, "erp-ok"}:
            data, told = triggered(book, what, now(), SystemChance())
            screen.say(f"{what} {encode(data).decode()}")
            screen.say(
                f"{told} are told." if told else "Nobody is told: nobody listens for it, and no webhook wants it."
            )
            return
        _check_test(book)
        if what == troubled.DOWN:
            troubled.go_down(book, minutes, now())
            screen.say(f"The management system answers nobody for {minutes} minutes; listino trigger erp-ok ends it.")
        elif what == troubled.ANSWER_LOST:
            troubled.lose_answers(book, times)
            screen.say(f"The next {times} orders are placed, and their answers lost.")
        else:
            troubled.recover(book)
            screen.say("The management system answers again.")


def _check_test(book: "Database") -> None:
    """Refuse to break what is no test.

    Errors:  Refused.
    """
    from listino.cli.working import is_test
    from listino.config import erp_settings
    from listino.core.errors import Fault, Refused

    stated = erp_settings()
    if stated is None:
        text = "There is no management system that could be broken: LISTINO_ERP names none."
        remedy = 'Write connector = "fake" into a file, name it in LISTINO_ERP here and where Listino is served.'
    elif not is_test(book, stated):
        text = "This is no test installation: its management system is not broken on purpose."
        remedy = f"If nothing real hangs on it, write test = true into {stated.folder}, and start Listino again."
    else:
        return
    raise Refused("not_a_test", text, (Fault("LISTINO_ERP", "not_a_test", text, remedy),))
