"""`listino erp`: the management system that this installation is connected with."""

import typer

from listino.cli import screen

ERP = typer.Typer(name="erp", help="The management system that LISTINO_ERP names.", no_args_is_help=True)
# Nobody has an order under this key: asking for it shows that asking works.
KEY_OF_NOBODY = "listino/check"
CLASSES = {"A": "prevented by it", "B": "checked before each further try", "C": "by hand: it cannot be searched"}


@ERP.callback()
def _group() -> None:
    """The management system that LISTINO_ERP names."""


@ERP.command("check")
def check() -> None:
    """Ask whether it answers, and say what its connector declares and can do. Nothing is written."""
    from listino.config import connected_erp, erp_settings
    from listino.core.errors import ErpSaidNo, Unavailable, malformed
    from listino.ports import (
        AsksPrices,
        CancelsOrders,
        ChangesOrders,
        Duplicates,
        MakesCustomers,
        RecordsPayments,
    )

    stated = erp_settings()
    if stated is None:
        remedy = "Name the file with its settings; without, Listino is the management system."
        raise malformed("LISTINO_ERP", "not_set", "No management system is named.", remedy)
    erp = connected_erp(stated)
    traits = erp.traits
    screen.say(f"{traits.name}, by the connector {stated.connector}", "bold")
    screen.say(f"Orders are {'handed over' if stated.orders else 'not handed over: facts are mirrored alone'}.")
    screen.say(f"Double orders: {CLASSES[traits.duplicates.value]} (class {traits.duplicates.value}).")
    screen.say(
        f"A call may take {traits.deadline.total_seconds():g} s and take effect for {traits.settling.total_seconds():g}"
        f" s after it; {traits.calls_per_minute} calls a minute; dates are meant in {traits.zone}."
    )
    abilities = {
        "prices can be asked for": isinstance(erp, AsksPrices),
        "customers can be made": isinstance(erp, MakesCustomers),
        "orders can be changed": isinstance(erp, ChangesOrders),
        "orders can be cancelled": isinstance(erp, CancelsOrders),
        "payments can be recorded": isinstance(erp, RecordsPayments),
    }
    found = [told for told, can in abilities.items() if can]
    screen.say(f"Beyond orders: {'; '.join(found) or 'nothing, so that a person is asked'}.")
    try:
        if traits.duplicates is Duplicates.BY_HAND:
            next(iter(erp.order_states(None)), None)
        else:
            erp.find_order(KEY_OF_NOBODY)
    except ErpSaidNo as error:
        raise Unavailable(f"It answers, and refuses: {error.detail} {error.remedy}".strip(), code="refused") from None
    screen.say("It answers.", "green")
