"""Prices that change on days when clocks are set, to the second: by an hour, by half an hour, and for Ramadan."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.shop import House, opened

# (zone, from when the new price holds, until when the old one does, the instant that is meant); a date is a whole
# day, so the old price's last day is the one before.
EDGES = [
    ("Europe/Rome", "2027-03-28", "2027-03-27", "2027-03-27T23:00:00Z"),
    ("Europe/Rome", "2027-03-29", "2027-03-28", "2027-03-28T22:00:00Z"),
    ("Europe/Rome", "2027-03-28T02:30:00", None, "2027-03-28T01:00:00Z"),
    ("Europe/Rome", "2027-03-28T03:00:00", None, "2027-03-28T01:00:00Z"),
    ("Europe/Rome", "2027-10-31", "2027-10-30", "2027-10-30T22:00:00Z"),
    ("Europe/Rome", "2027-11-01", "2027-10-31", "2027-10-31T23:00:00Z"),
    ("Europe/Rome", "2027-10-31T02:30:00", None, "2027-10-31T00:30:00Z"),
    ("Europe/Rome", "2027-10-31T03:00:00", None, "2027-10-31T02:00:00Z"),
    ("America/New_York", "2027-03-14", "2027-03-13", "2027-03-14T05:00:00Z"),
    ("America/New_York", "2027-03-15", "2027-03-14", "2027-03-15T04:00:00Z"),
    ("America/New_York", "2027-03-14T02:30:00", None, "2027-03-14T07:00:00Z"),
    ("America/New_York", "2027-11-08", "2027-11-07", "2027-11-08T05:00:00Z"),
    ("America/New_York", "2027-11-07T01:30:00", None, "2027-11-07T05:30:00Z"),
    ("Australia/Lord_Howe", "2027-10-03", "2027-10-02", "2027-10-02T13:30:00Z"),
    ("Australia/Lord_Howe", "2027-10-04", "2027-10-03", "2027-10-03T13:00:00Z"),
    ("Australia/Lord_Howe", "2027-10-03T02:15:00", None, "2027-10-02T15:30:00Z"),
    ("Australia/Lord_Howe", "2027-04-04", "2027-04-03", "2027-04-03T13:00:00Z"),
    ("Australia/Lord_Howe", "2027-04-05", "2027-04-04", "2027-04-04T13:30:00Z"),
    ("Australia/Lord_Howe", "2027-04-04T01:45:00", None, "2027-04-03T14:45:00Z"),
    ("Africa/Casablanca", "2027-02-07", "2027-02-06", "2027-02-06T23:00:00Z"),
    ("Africa/Casablanca", "2027-02-08", "2027-02-07", "2027-02-08T00:00:00Z"),
    ("Africa/Casablanca", "2027-02-07T02:30:00", None, "2027-02-07T01:30:00Z"),
    ("Africa/Casablanca", "2027-03-15", "2027-03-14", "2027-03-14T23:00:00Z"),
    ("Africa/Casablanca", "2027-03-14T02:30:00", None, "2027-03-14T02:00:00Z"),
]


@pytest.mark.parametrize("zone", sorted({edge[0] for edge in EDGES}))
def test_a_price_changes_at_the_very_instant_that_a_local_time_means(tmp_path: Path, zone: str) -> None:
    with opened(tmp_path, zone=zone) as house:
        for _, begins, ends, instant in (edge for edge in EDGES if edge[0] == zone):
            house.put("rules", "saw-base", action="price", list="base", item="saw", value="20", valid_to=ends or begins)
            house.put("rules", "saw-new", action="price", list="base", item="saw", value="21", valid_from=begins)
            second = _before(instant, timedelta(seconds=1))
            assert told(house, second) == ("20.00", instant), begins
            assert told(house, _before(instant, timedelta(microseconds=1))) == ("20.00", instant), begins
            assert told(house, instant) == ("21.00", None), begins
            assert told(house, begins) == ("21.00", None), begins
            assert (basket(house, second), basket(house, instant)) == (("20.00", instant), ("21.00", None)), begins


@pytest.mark.parametrize(
    ("zone", "begins", "last_day", "first", "end"),
    [
        ("Europe/Rome", "2027-03-28T02:30:00", "2027-03-28", "2027-03-28T01:00:00Z", "2027-03-28T22:00:00Z"),
        ("America/New_York", "2027-03-14T02:30:00", "2027-03-14", "2027-03-14T07:00:00Z", "2027-03-15T04:00:00Z"),
        ("Australia/Lord_Howe", "2027-10-03T02:15:00", "2027-10-03", "2027-10-02T15:30:00Z", "2027-10-03T13:00:00Z"),
        ("Africa/Casablanca", "2027-03-14T02:30:00", "2027-03-14", "2027-03-14T02:00:00Z", "2027-03-14T23:00:00Z"),
    ],
)
def test_a_members_discount_begins_in_the_hour_that_does_not_exist_and_ends_with_the_short_day(
    tmp_path: Path, zone: str, begins: str, last_day: str, first: str, end: str
) -> None:
    with opened(tmp_path, zone=zone) as house:
        house.put("customer-groups", "vip")
        house.put("rules", "vip", action="percent", customer_group="vip", item="saw", value="50", step="promotion")
        member = {"group": "vip", "valid_from": begins, "valid_to": last_day}
        house.put("customers", "rossi", customer_groups=[member], country="IT")
        moments = [at for edge in (first, end) for at in (_before(edge, timedelta(seconds=1)), edge)]
        prices = [told(house, at, customer="rossi") for at in moments]
        assert prices == [("20.00", first), ("10.00", end), ("10.00", end), ("20.00", None)]


def told(house: House, at: str, **asked: str) -> tuple[str, str | None]:
    """What a saw costs at a moment, and until when."""
    answer = house.price("saw", at=at, **asked)
    return answer["net_price"], answer["next_change_at"]


def basket(house: House, at: str) -> tuple[str, str | None]:
    """What a basket of one saw comes to at a moment, and until when."""
    answer = house.client.request("POST", "/v1/baskets", json={"at": at, "lines": [{"item": "saw"}]}).json()
    return answer["totals"]["net"], answer["next_change_at"]


def _before(instant: str, by: timedelta) -> str:
    return (datetime.fromisoformat(instant) - by).isoformat()
