"""What is told once, what is over, and the letter that says it."""

from datetime import timedelta

import pytest

from listino.core.alerts import Cause, Patience, Told, news, patience_from, words_of
from listino.core.errors import Malformed

PARKED = Cause("order_parked", "1", "Order shop/1 is parked (1).", "2026-11-23T12:00:00.000000Z")
DOWN = Cause("erp_down", "erp", "erp does not answer.", "2026-11-23T11:00:00.000000Z")


def test_a_cause_is_new_once_and_over_once() -> None:
    assert news([], [PARKED]) == Told((PARKED,), ())
    assert news([PARKED], [PARKED, DOWN]) == Told((DOWN,), ())
    assert news([PARKED, DOWN], [DOWN]) == Told((), (PARKED,))
    assert news([DOWN], [DOWN]) == Told((), ())


def test_a_letter_counts_in_its_subject_and_names_in_its_text() -> None:
    other = Cause("order_parked", "2", "Order shop/2 is parked (2).", "2026-11-23T12:01:00.000000Z")
    assert words_of(Told((PARKED, other), (DOWN,))) == (
        "Listino: 2 orders parked need attention; 1 management system down over",
        "Needs attention:\n- Order shop/1 is parked (1). (since 2026-11-23T12:00Z)\n"
        "- Order shop/2 is parked (2). (since 2026-11-23T12:01Z)\n\n"
        "Over:\n- erp does not answer. (since 2026-11-23T11:00Z)\n",
    )


def test_a_letter_of_thousands_is_short() -> None:
    many = tuple(Cause("order_held", str(one), f"Order {one} is held.", PARKED.since) for one in range(3000))
    subject, text = words_of(Told(many, ()))
    assert subject == "Listino: 3000 orders held need attention"
    assert text.endswith("- and 2950 more\n")
    assert len(text.splitlines()) == 52


def test_times_are_set_one_by_one() -> None:
    assert patience_from("", "X") == Patience()
    assert patience_from("parked=0, held = 60", "X") == Patience(parked=timedelta(0), held=timedelta(hours=1))


@pytest.mark.parametrize("text", ["parked", "parked=x", "parked=-1", "lost=5", "parked=99999", "parked=5 held=3"])
def test_a_time_that_means_nothing_is_refused_with_the_names_there_are(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        patience_from(text, "LISTINO_ALERT_AFTER")
    fault = refusal.value.faults[0]
    assert fault.field == "LISTINO_ALERT_AFTER"
    assert "parked, unconfirmed, held, erp_down, mirror_late" in fault.remedy
