"""A person decides about a parked order from the command line."""

from pathlib import Path

from tests.server import listino
from tests.shift import on_shift


def test_a_parked_order_is_shown_with_its_remedy_retried_dropped_or_marked_as_placed(tmp_path: Path) -> None:
    with on_shift(tmp_path) as shift:
        shift.erp.items = set()
        ids = [shift.placed(number=str(number), customer=("rossi", "bianchi")[number % 2]) for number in range(3)]
        shift.until_idle()
        url = ("--database", shift.house.database.url)
        shown = listino("order", ids[0], *url)
        assert "Needs attention (unknown_item): The item 'hammer' is not known." in shown.stdout.replace("\n", " ")
        unexplained = listino("order", ids[0], "--drop", *url)
        assert (unexplained.returncode, "reason" in unexplained.stderr) == (1, True)
        both = listino("order", ids[0], "--drop", "--retry", "--reason", "x", *url)
        assert (both.returncode, "not several" in both.stderr) == (1, True)
        assert shift.order(ids[0])["handover"] == "parked"
        assert listino("order", ids[0], "--drop", "--reason", "Ordered twice", *url).returncode == 0
        assert listino("order", ids[1], "--placed", "S-1", *url).returncode == 0
        assert listino("order", ids[2], "--retry", *url).returncode == 0
        orders = [shift.order(order_id) for order_id in ids]
        assert [one["handover"] for one in orders] == ["dropped", "placed", "accepted"]
        assert orders[0]["history"][-1]["text"] == "Ordered twice"
        assert orders[1]["erp_number"] == "S-1"
