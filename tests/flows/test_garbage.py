"""Workers seldom collect circles, so an answer must not leave any behind."""

import gc
import random
from dataclasses import asdict, replace
from pathlib import Path

from listino.core.errors import Refused
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price
from tests.books import Books
from tests.world_rules import rules
from tests.worlds import company, question

COMPANIES = 6
QUESTIONS = 60


def test_what_an_answer_was_made_of_goes_with_it(tmp_path: Path, chance: random.Random) -> None:
    books = Books(tmp_path)
    for _ in range(COMPANIES):
        with books.opened(*company(chance), *rules(chance, 25)) as database:
            asked = [
                Asked(**asdict(question(chance)), explain=chance.choice(("none", "applied", "all")), ladder=ladder)
                for ladder in (False, True)
                for _ in range(QUESTIONS)
            ]
            for turn in (0, 1):  # What is made once and kept is made in the first.
                gc.collect()
                gc.disable()
                try:
                    for one in asked:
                        answer(database, replace(one, breaks=bool(turn)))
                    assert turn == 0 or gc.collect() == 0
                finally:
                    gc.enable()


def answer(database: Database, asked: Asked) -> None:
    try:
        price(snapshot(database), asked)
    except Refused:
        return
