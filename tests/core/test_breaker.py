"""A system that we send to: its rate, and what is still sent while it does not answer."""

from datetime import UTC, datetime, timedelta

from listino.core.breaker import Target, allowed, answered, called, failed

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
S = timedelta(seconds=1)
PER_MINUTE = 600


def test_calls_go_at_the_declared_rate_with_a_second_to_catch_up() -> None:
    target, calls = Target(name="erp"), 0
    for tenth in range(100):
        at = AT + tenth * S / 10
        now = allowed(target, at, PER_MINUTE, 50)
        target, calls = called(target, at, PER_MINUTE, now) if now else target, calls + now
    assert calls == 109  # 10 at once, then one each tenth of a second


def test_a_slow_rate_gives_one_call_at_a_time() -> None:
    target = Target(name="erp")
    assert allowed(target, AT, 6, 50) == 1
    target = called(target, AT, 6)
    assert allowed(target, AT + 9 * S, 6, 50) == 0
    assert allowed(target, AT + 10 * S, 6, 50) == 1


def test_after_five_failures_one_probe_goes_per_growing_pause_until_it_answers() -> None:
    target, at, probes = Target(name="erp"), AT, 0
    for _ in range(4):
        target = failed(target, at, "down")
        assert allowed(target, at, PER_MINUTE, 5) == 5
    target = failed(target, at, "down")
    end = AT + timedelta(hours=8)
    while at < end:
        assert target.open_until is not None
        assert allowed(target, target.open_until - S / 1000, PER_MINUTE, 5) == 0
        at = target.open_until
        assert allowed(target, at, PER_MINUTE, 5) == 1
        target = called(target, at, PER_MINUTE)
        assert allowed(target, at, PER_MINUTE, 5) == 0
        target, probes = failed(target, at, "down"), probes + 1
    assert (target.down_since, target.text) == (AT, "down")
    assert probes == 485
    target = answered(target, at, took=True)
    assert (target.failures, target.down_since, target.ok_at, target.is_open) == (0, None, at, False)
    assert allowed(target, at, PER_MINUTE, 5) == 5
