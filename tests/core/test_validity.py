"""From local times to instants, where clocks are set and where whole days are left out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.validity import instant, zone_named

ZONES = ("Europe/Rome", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu", "UTC")

LOCAL_TIMES = st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2040-01-01"))

# (zone, local time, the instant that is meant)
TIMES = [
    pytest.param("Europe/Rome", "2026-01-15T00:00", "2026-01-14T23:00", id="winter"),
    pytest.param("Europe/Rome", "2026-07-15T00:00", "2026-07-14T22:00", id="summer"),
    pytest.param("Europe/Rome", "2026-03-29T02:30", "2026-03-29T01:00", id="skipped: the end of the gap"),
    pytest.param("Europe/Rome", "2026-03-29T02:00", "2026-03-29T01:00", id="skipped: its beginning too"),
    pytest.param("Europe/Rome", "2026-03-29T03:00", "2026-03-29T01:00", id="the first that exists"),
    pytest.param("Europe/Rome", "2026-10-25T02:30", "2026-10-25T00:30", id="twice: the earlier"),
    pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", id="a gap of half an hour"),
    pytest.param("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", id="half an hour twice"),
    pytest.param("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", id="a day that Samoa left out"),
    pytest.param("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00", id="its midnight"),
    pytest.param("Asia/Kathmandu", "2026-06-15T00:00", "2026-06-14T18:15", id="three quarters of an hour"),
    pytest.param("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00", id="a midnight that does not exist"),
]


@pytest.mark.parametrize(("zone", "local", "expected"), TIMES)
def test_a_local_time_means_one_instant(zone: str, local: str, expected: str) -> None:
    named = zone_named(zone)
    assert named is not None
    assert instant(datetime.fromisoformat(local), named) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_an_aware_time_stays_the_instant_that_it_is() -> None:
    given_time = datetime(2026, 6, 15, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    rome = zone_named("Europe/Rome")
    assert rome is not None
    assert instant(given_time, rome).isoformat() == "2026-06-15T06:30:00+00:00"


@pytest.mark.parametrize("name", ["Europe/Roma", "", "../etc/passwd", "/etc/localtime", "\0", "europe"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None


@given(st.sampled_from(ZONES), LOCAL_TIMES, st.integers(1, 90_000))
def test_later_local_times_never_mean_earlier_instants(zone: str, local: datetime, seconds: int) -> None:
    named = zone_named(zone)
    assert named is not None
    first, second = instant(local, named), instant(local + timedelta(seconds=seconds), named)
    # Where an hour comes twice its first half is meant, so the second may be up to an hour too early.
    assert second >= first - timedelta(hours=1)
    assert first.utcoffset() == timedelta(0)


@given(st.sampled_from(ZONES), LOCAL_TIMES)
def test_an_instant_reads_as_the_local_time_that_it_was_made_from_or_the_first_after_a_gap(
    zone: str, local: datetime
) -> None:
    named = zone_named(zone)
    assert named is not None
    read = instant(local, named).astimezone(named).replace(tzinfo=None)
    assert timedelta(0) <= read - local <= timedelta(days=1)
    if read != local:
        before = (instant(local, named) - timedelta(seconds=1)).astimezone(named).replace(tzinfo=None)
        assert before < local
