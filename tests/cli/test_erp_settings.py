"""The file that names the management system: what is right is taken, what is wrong is named with its remedy."""

from pathlib import Path

import pytest

from listino.config import ErpSettings, connected_erp, erp_settings, web_settings
from listino.core.errors import Malformed
from tests.server import listino

FAKE = 'connector = "listino.testing.fake_erp"\nclass = "A"\n'


def test_without_a_file_the_book_is_the_management_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LISTINO_ERP", raising=False)
    assert erp_settings() is None
    assert web_settings().hands_over is False


def test_what_the_file_says_is_taken_and_secrets_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "erp.toml"
    path.write_text(
        'connector = "tryton"\norders = false\n[connection]\nurl = "http://x"\npassword = "env:SECRET_OF_X"\n'
    )
    monkeypatch.setenv("LISTINO_ERP", str(path))
    monkeypatch.setenv("SECRET_OF_X", "s3cret")
    connection = {"url": "http://x", "password": "s3cret"}
    assert erp_settings() == ErpSettings("tryton", False, {"connection": connection}, tmp_path)
    assert web_settings().hands_over is False


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (None, "LISTINO_ERP"),
        ("connector =", "LISTINO_ERP"),
        ("orders = true", "connector"),
        ('connector = "../x"', "connector"),
        ('connector = "tryton"\norders = "yes"', "orders"),
        ('connector = "tryton"\ntest = "yes"', "test"),
        ('connector = "tryton"\n[connection]\npassword = "env:NOT_SET_ANYWHERE"', "connection.password"),
    ],
)
def test_what_cannot_be_is_refused_by_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, field: str
) -> None:
    path = tmp_path / "erp.toml"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("LISTINO_ERP", str(path))
    with pytest.raises(Malformed) as refusal:
        erp_settings()
    [fault] = refusal.value.faults
    assert (fault.field, bool(fault.remedy), str(path) in fault.text) == (field, True, True)


def test_a_connector_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refusal:
        connected_erp(ErpSettings("nosuch", True, {}, tmp_path))
    assert refusal.value.faults[0].text == "There is no connector 'nosuch'."


def test_the_check_says_what_the_connector_declares_and_whether_it_answers(tmp_path: Path) -> None:
    (tmp_path / "erp.toml").write_text(FAKE)
    told = listino("erp", "check", LISTINO_ERP=str(tmp_path / "erp.toml"))
    assert told.returncode == 0, told.stderr
    assert "Double orders: prevented by it (class A)." in told.stdout
    assert "It answers." in told.stdout
    none = listino("erp", "check", LISTINO_ERP="")
    assert (none.returncode, "LISTINO_ERP" in none.stderr) == (1, True)
