"""`listino mirror` reads an old system now, shows what is not in the book, and asks before much of it ends."""

from pathlib import Path

import pytest

from listino.core.errors import Malformed
from listino.flows.mirror_plan import Plan, plan_of
from tests.connectors.sql.mapping import text_for
from tests.connectors.sql.old_erp import on_sqlite, stamp
from tests.server import listino
from tests.shop import opened


def test_a_person_reads_it_now_and_confirms_what_ends(tmp_path: Path) -> None:
    with opened(tmp_path, company=False):
        pass
    settings, url = tmp_path / "erp.toml", f"sqlite:///{tmp_path / 'listino.db'}"

    def mirror(*options: str) -> str:
        ran = listino("mirror", *options, "--database", url, LISTINO_ERP=str(settings), COLUMNS="200")
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    with on_sqlite(tmp_path) as old:
        settings.write_text(text_for(old))
        old.fill("GRUPPI", [("CAVI", "Cavi")])
        for number in range(30):
            old.add_item(f"A{number:02d}")
        old.run("UPDATE ARTICOLI SET UM = 'XX ' WHERE CODART LIKE 'A29%'")
        told = mirror()
        assert "Read 31 records; 31 changed, 0 ended, revision 1." in told
        assert "UM: 'XX' is not in its map" in told
        old.run("UPDATE ARTICOLI SET UM = 'PZ ', DTAGG = :stamp WHERE CODART LIKE 'A29%'", stamp=stamp())
        assert "Read 3 records; 1 changed, 0 ended, revision 2." in mirror()
        old.run("DELETE FROM ARTICOLI WHERE CODART >= 'A06'")
        told = mirror("--full")
        assert "0 changed, 0 ended, revision 2." in told
        assert "24 of 30 items are not in it any more and would end." in told
        doctor = listino("doctor", "--database", url, COLUMNS="200")
        assert "24 of 30 items would end: is it whole?" in doctor.stdout
        assert "24 changed, 24 ended, revision 3." in mirror("--full", "--confirm")
        assert "6 items" in mirror("--show")
        doctor = listino("doctor", "--database", url, COLUMNS="200")
        assert "Mirror of sql" in doctor.stdout


def test_without_a_management_system_it_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, company=False):
        pass
    ran = listino("mirror", "--database", f"sqlite:///{tmp_path / 'listino.db'}")
    assert (ran.returncode, "LISTINO_ERP" in ran.stdout) == (0, True)


@pytest.mark.parametrize(
    ("told", "field"), [({"every": 3}, "mirror.every"), ({"every_s": -1}, "mirror.every_s"),
                        ({"end_percent": 101}, "mirror.end_percent"), ({"every_s": True}, "mirror.every_s")],
)  # fmt: skip
def test_a_plan_that_means_nothing_is_refused_with_its_place(told: dict[str, int], field: str) -> None:
    with pytest.raises(Malformed) as caught:
        plan_of("sql", told)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert plan_of("sql", {}) == Plan("sql")
