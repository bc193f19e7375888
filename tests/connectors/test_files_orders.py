"""An order as the ERP wants to read it: CSV in its own columns, XML through its own stylesheet."""

import csv
from pathlib import Path

import pytest

from listino.testing.sample_order import sample_order
from tests.connectors.test_erp_files import files_in, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("in", "out", "answers"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_an_order_as_csv_has_a_row_for_each_line_and_charge_in_the_named_columns(folder: Path) -> None:
    columns = {"NUM": "order.number", "CITY": "order.ship_to.city", "ART": "line.item", "QTA": "line.quantity",
               "NETTO": "line.net", "NOTE": "order.notes"}  # fmt: skip
    erp = opened(folder, orders_out={"format": "csv", "columns": columns})
    erp.place_order(sample_order("5", "C1", ("A", "=B")))
    (path,) = files_in(folder / "out")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    note = "Chiamare prima della consegna."
    assert rows == [
        {"NUM": "5", "CITY": "Genova", "ART": "A", "QTA": "1", "NETTO": "10.5", "NOTE": note},
        {"NUM": "5", "CITY": "Genova", "ART": "'=B", "QTA": "2", "NETTO": "42", "NOTE": note},
        {"NUM": "5", "CITY": "Genova", "ART": "shipping", "QTA": "", "NETTO": "8.2", "NOTE": note},
    ]


def test_an_order_as_xml_may_go_through_a_stylesheet(folder: Path) -> None:
    (folder / "order.xsl").write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        '<Ordine numero="{order_to_place/order/number}"><xsl:for-each select="order_to_place/lines/one">'
        '<Riga art="{item}" qta="{quantity}"/></xsl:for-each></Ordine></xsl:template></xsl:stylesheet>'
    )
    erp = opened(folder, orders_out={"format": "xml", "stylesheet": "order.xsl"})
    erp.place_order(sample_order("6", "C1", ("A",)))
    (path,) = files_in(folder / "out")
    assert path.read_text().rstrip().endswith('<Ordine numero="6"><Riga art="A" qta="1"/></Ordine>')
