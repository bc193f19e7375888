"""What is told to whom, how it is signed and when it is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from listino.core.webhooks import EVENTS, JITTER_STEPS, asked_pause, is_event, pause, secret_of, signatures, wants

BODY = b'{"type":"order.placed","timestamp":"2026-11-23T12:00:00.000000Z","data":{"order":"1"}}'


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own repository."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    made = signatures([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_specifications_library_takes_it_with_either_secret() -> None:
    now = int(datetime.now(UTC).timestamp())
    old, new = secret_of("07" * 32), secret_of("a9" * 32)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signatures([new, old], "msg_1", now, BODY),
    }
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers)["type"] == "order.placed"
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(secret_of("11" * 32)).verify(BODY, headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new).verify(BODY.replace(b"placed", b"parked"), headers)


@pytest.mark.parametrize(
    ("events", "event", "wanted"),
    [
        (["*"], "price.changed", True),
        (["order.*"], "order.life", True),
        (["order.*"], "price.changed", False),
        (["order.placed"], "order.placed", True),
        (["order.placed"], "order.parked", False),
        ([], "order.placed", False),
    ],
)
def test_who_wants_what(events: list[str], event: str, wanted: bool) -> None:
    assert wants(events, event) is wanted


def test_what_can_be_subscribed_to() -> None:
    assert all(is_event(name) for name in ["*", "order.*", "price.*", "alert.*", *EVENTS])
    assert not any(is_event(name) for name in ["", "order", "order.lost", "stock.*", "**"])


def test_pauses_grow_to_four_hours_and_chance_takes_up_to_a_half_of_them() -> None:
    whole = [pause(tries, 0) for tries in range(1, 12)]
    assert whole == sorted(whole)
    assert (whole[0], whole[-1]) == (timedelta(seconds=5), timedelta(hours=4))
    assert pause(1, JITTER_STEPS // 2) == timedelta(seconds=3.75)


def test_a_pause_that_is_asked_for_is_kept_within_bounds() -> None:
    assert asked_pause(429, 120) == timedelta(minutes=2)
    assert asked_pause(503, 10**7) == timedelta(hours=12)
    assert asked_pause(500, 120) is None
    assert asked_pause(429, None) is None
