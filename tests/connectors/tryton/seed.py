"""Fills a new Tryton database with a company.

Run as a program of its own: `python -m tests.connectors.tryton.seed CONFIG DATABASE`. Nothing
else in this repository imports trytond; what Listino knows of it goes over JSON-RPC.
"""

import random
import sys
from decimal import Decimal
from typing import Any

from trytond import config
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

from tests.connectors.tryton.seed_names import PARTIES, PASSWORD, PRODUCTS


def model(name: str) -> Any:
    """A model of Tryton's by name."""
    return Pool().get(name)


def by_xml(module: str, name: str) -> int:
    """The id of a record that a module brings."""
    found: int = model("ir.model.data").get_id(module, name)
    return found


def company_made() -> Any:
    """The company in euros, with a chart of accounts, and dollars beside."""
    euro, dollar = (
        model("currency.currency")(name=name, symbol=symbol, code=name, digits=2, rounding=Decimal("0.01"))
        for name, symbol in (("EUR", "€"), ("USD", "$"))
    )
    for currency, rate in ((euro, "1"), (dollar, "1.0837")):
        currency.save()
        model("currency.currency.rate")(
            currency=currency, rate=Decimal(rate), date=model("ir.date").today().replace(month=1, day=1)
        ).save()
    party = model("party.party")(name="Ferramenta Tryton", addresses=[{"street": "Via Roma 1"}])
    party.save()
    company = model("company.company")(party=party, currency=euro)
    company.save()
    return company


def chart_made(company: Any) -> None:
    """The chart of accounts that Tryton brings, with its default accounts."""
    wizard = Pool().get("account.create_chart", type="wizard")
    account = model("account.account")
    session, _, _ = wizard.create()
    wizard = wizard(session)
    wizard.account.account_template = by_xml("account", "account_template_root_en")
    wizard.account.company = company
    wizard.transition_create_account()

    def one(kind: str) -> Any:
        found = account.search([(f"type.{kind}", "=", True), ("company", "=", company.id), ("closed", "!=", True)])
        return next(one for one in found if one.party_required == (kind in ("receivable", "payable")))

    wizard.properties.company = company
    wizard.properties.account_receivable = one("receivable")
    wizard.properties.account_payable = one("payable")
    wizard.properties.category_account_expense = one("expense")
    wizard.properties.category_account_revenue = one("revenue")
    wizard.transition_create_properties()


def taxes_made(company: Any) -> dict[str, Any]:
    """22, 10 and 4 percent, one of two parts, a rate that changes with the date, and a rule for other countries."""
    account = model("account.account").search([("code", "=", "6.3.4"), ("company", "=", company.id)])[0]

    def tax(name: str, rate: str | None, **more: Any) -> Any:
        kind = {"type": "percentage", "rate": Decimal(rate)} if rate is not None else {"type": "none"}
        made = model("account.tax")(
            name=name,
            description=name,
            company=company,
            invoice_account=account,
            credit_note_account=account,
            **kind,
            **more,
        )
        made.save()
        return made

    date = model("ir.date").today()
    found = {
        "22": tax("IVA 22%", "0.22"),
        "10": tax("IVA 10%", "0.10"),
        "4": tax("IVA 4%", "0.04"),
        "0": tax("Art. 41", "0"),
    }
    found["eco"] = tax("Eco", "0.015")
    parent = tax("By date", None)
    tax("Until", "0.05", parent=parent, end_date=date.replace(year=date.year - 1, month=12, day=31))
    tax("Since", "0.09", parent=parent, start_date=date.replace(month=1, day=1))
    found["dated"] = parent
    rule = model("account.tax.rule")(name="Intra EU", kind="sale", company=company)
    rule.save()
    line = model("account.tax.rule.line")
    line(rule=rule, origin_tax=found["22"], tax=found["0"], sequence=1).save()
    line(rule=rule, origin_tax=found["10"], tax=found["4"], keep_origin=True, sequence=2).save()
    line(rule=rule, origin_tax=found["eco"], tax=None, sequence=3).save()
    found["rule"] = rule
    return found


def categories_made(company: Any, taxes: dict[str, Any]) -> dict[str, Any]:
    """A tree of categories, and those of accounting with their taxes."""
    category = model("product.category")
    found: dict[str, Any] = {}
    for name, parent in (("Tools", None), ("Hand tools", "Tools"), ("Hammers", "Hand tools"), ("Power", "Tools"),
                         ("Screws", None), ("Wood screws", "Screws"), ("Books", None)):  # fmt: skip
        found[name] = category(name=name, parent=found.get(parent or ""))
        found[name].save()
    for name, used in (
        ("full", ["22"]),
        ("reduced", ["10"]),
        ("low", ["4"]),
        ("two", ["22", "eco"]),
        ("dated", ["dated"]),
        ("free", []),
    ):
        found[name] = category(name=f"Acc {name}", accounting=True, customer_taxes=[taxes[one] for one in used])
        found[name].save()
    return found


def products_made(categories: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Products in pieces, some sold by the box; screws held in grams and sold by the kilogram; variants."""
    unit, gram, kilogram = (by_xml("product", f"uom_{name}") for name in ("unit", "gram", "kilogram"))
    box = model("product.uom")(name="Box", symbol="bx", category=model("product.uom")(unit).category, factor=12.0,
                               rate=round(1 / 12.0, 12), rounding=1.0, digits=0)  # fmt: skip
    box.save()
    template, found = model("product.template"), {"box": box}
    kinds = ["Tools", "Hand tools", "Hammers", "Power", "Screws", "Wood screws", "Books"]
    for number in range(1, PRODUCTS + 1):
        kind = chance.choice(kinds)
        screws = "crews" in kind
        accounting = chance.choice(["full", "full", "full", "reduced", "low", "two", "dated", "free"])
        price = Decimal(chance.randrange(1, 60_000 if screws else 4_000_000)).scaleb(-4)
        made = template(
            name=f"{kind} {number}", code=f"P{number:03d}", type="goods", salable=True,
            account_category=categories[accounting],
            default_uom=gram if screws else unit, sale_uom=kilogram if screws else box if number % 9 == 0 else unit,
            categories=[categories[kind]] + ([categories["Books"]] if number % 11 == 0 else []),
            list_price=None if number == 13 else price,
            products=[{"suffix_code": suffix} for suffix in (["", "-L", "-XL"] if number % 10 == 0 else [""])],
        )  # fmt: skip
        made.save()
        for index, product in enumerate(made.products):
            product.cost_price = (price * Decimal("0.6")).quantize(Decimal("0.0001"))
            if index:
                product.list_price = (price * (1 + Decimal(index) / 10)).quantize(Decimal("0.0001"))
            product.save()
            found[product.code] = product
    service = template(name="Shipping", code="SHIP", type="service", salable=True, account_category=categories["full"],
                       default_uom=unit, sale_uom=unit, list_price=Decimal(5), products=[{}])  # fmt: skip
    service.save()
    return found


def lists_made(company: Any, categories: dict[str, Any], products: dict[str, Any]) -> dict[str, Any]:
    """Price lists: by category with steps, on the cost, fixed, with tax in it, by the sale unit, and beyond linear."""
    lists: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
        "wholesale": ({"price": "list_price"}, [
            ("P001", None, 10, "Decimal('9.9000')"),
            (None, "Hammers", 100, "unit_price * 0.70"),
            (None, "Hammers", 10, "unit_price * 0.85"),
            (None, "Tools", 5, "list_price * Decimal('0.9')"),
            ("P002", "Books", None, "list_price * 0.5"),
            (None, "Screws", 5000, "unit_price * 0.8333"),
            (None, None, None, "unit_price * 0.97"),
        ]),
        "cost-plus": ({"price": "cost_price"}, [
            (None, "Screws", None, "cost_price * 1.37"),
            (None, None, 20, "unit_price * 1.25 + 0.05"),
            (None, None, None, "(unit_price + 1) * 1.3 / 1.1"),
        ]),
        "fixed": ({"price": None}, [
            *[(f"P{number:03d}", None, step, f"{price}") for number in range(3, 30, 4)
              if f"P{number:03d}" in products for step, price in ((50, "3.3333"), (None, "4.1"))],
            (None, "Books", None, "list_price - 0.5"),
        ]),
        "shop": ({"price": "list_price", "tax_included": True}, [
            (None, "Books", None, "list_price * 0.9"),
            ("P005", None, None, "19.99"),
            (None, None, 3, "unit_price * 0.95"),
            (None, None, None, "unit_price"),
        ]),
        "by-sale-unit": ({"price": "list_price", "unit": "product_sale"}, [
            (None, None, 2, "unit_price * 0.9"),
            (None, None, None, "unit_price"),
        ]),
        "crooked": ({"price": "list_price"}, [
            (None, "Hammers", None, "list_price * 0.8 if list_price * 0.8 > cost_price * 1.4 else cost_price * 1.4"),
            (None, "Tools", None, "list_price * 0.9 if list_price > 100 else list_price"),
            (None, "Screws", None, "(list_price + cost_price) / 2"),
            (None, None, None, "list_price ** 2 / (list_price + 1)"),
        ]),
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, (said, lines) in lists.items():
        found[name] = model("product.price_list")(name=name, company=company, **said)
        found[name].save()
        for sequence, (product, category, quantity, formula) in enumerate(lines):
            model("product.price_list.line")(
                price_list=found[name], sequence=None if name == "fixed" else sequence, quantity=quantity,
                formula=formula, product=products[product] if product else None,
                category=categories[category] if category else None,
            ).save()  # fmt: skip
    return found


def parties_made(lists: dict[str, Any], rule: Any) -> None:
    """Customers with each of the lists and with none, some of them under the tax rule."""
    country = model("country.country")
    italy, germany = (country(name=name, code=code) for name, code in (("Italy", "IT"), ("Germany", "DE")))
    italy.save()
    germany.save()
    names = [None, *lists]
    for number in range(1, PARTIES + 1):
        name, abroad = names[number % len(names)], number % 5 == 0
        party = model("party.party")(
            name=f"Cliente {number}", code=f"C{number:02d}", customer_tax_rule=rule if abroad else None,
            addresses=[{"street": f"Via {number}", "postal_code": "00100", "city": "Roma",
                        "country": germany if abroad else italy}],
        )  # fmt: skip
        party.save()
        if name is not None:
            party.sale_price_list = lists[name]
            party.save()


def stock_made(company: Any, products: dict[str, Any], chance: random.Random) -> None:
    """Some of the goods on hand in the warehouse."""
    location, move = model("stock.location"), model("stock.move")
    (supplier,) = location.search([("code", "=", "SUP")])
    (storage,) = location.search([("code", "=", "STO")])
    moves = []
    for code in sorted(code for code in products if code.startswith("P"))[:30]:
        product = products[code]
        moves.append(move(product=product, unit=product.default_uom, quantity=float(chance.randrange(1, 5000)),
                          from_location=supplier, to_location=storage, company=company, currency=company.currency,
                          unit_price=product.cost_price, unit_price_updated=True))  # fmt: skip
    move.save(moves)
    move.do(moves)


def user_made(company: Any) -> None:
    """The user that Listino logs in as: sales, nothing more."""
    user = model("res.user")
    admin = user(1)
    admin.companies, admin.company = [company], company
    admin.save()
    groups = [by_xml("sale", "group_sale"), by_xml("stock", "group_stock")]
    made = user(name="Listino", login="listino", companies=[company], company=company, groups=groups)
    made.password = PASSWORD
    made.save()


def seeded(database: str) -> None:
    """Everything, in one transaction; Tryton asks for it again when it finds that it has to lock a table."""
    Pool(database).init()
    locks: dict[str, Any] = {}
    while True:
        with Transaction().start(database, 0, context={"language": "en"}, **locks) as transaction:
            try:
                filled(transaction)
            except TransactionError as asked:
                transaction.rollback()
                asked.fix(locks)
                continue
            transaction.commit()
            return


def filled(transaction: Any) -> None:
    """The company and all that it sells."""
    chance = random.Random(20261123)
    company = company_made()
    with transaction.set_context(company=company.id, companies=[company.id]):
        user_made(company)
        chart_made(company)
        taxes = taxes_made(company)
        categories = categories_made(company, taxes)
        products = products_made(categories, chance)
        lists = lists_made(company, categories, products)
        parties_made(lists, taxes["rule"])
        stock_made(company, products, chance)


if __name__ == "__main__":
    config.update_etc(sys.argv[1])
    seeded(sys.argv[2])
