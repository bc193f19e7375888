"""How soon prices stand in a page and change there: the bars of the benchmark, held."""

from pathlib import Path

import pytest

from bench import browser


@pytest.mark.long
def test_prices_stand_and_change_in_a_page_as_soon_as_they_are_to(tmp_path: Path) -> None:
    rows = browser.rows(tmp_path / "shop")
    for row in rows:
        print(f"{row.name}: {row.figure}")
    assert [(row.name, row.figure) for row in rows if not row.holds] == []
