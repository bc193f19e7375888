"""zeep, Python's strictest SOAP client, asked as the other clients are."""

from pathlib import Path
from typing import Any

from lxml import etree
from requests import Session
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from tests.clients.place import Outcome, Place

NAMESPACE = "{urn:listino:v1}"


def asked(place: Place, version: str, _: Path, calls: list[dict[str, Any]], *, by_token: bool = False) -> list[Outcome]:
    """Carry calls out, in strict mode; the key goes by HTTP Basic, or by a UsernameToken."""
    session = Session()
    session.auth = None if by_token else HTTPBasicAuth("zeep", place.key)
    transport = Transport(session=session)  # type: ignore[no-untyped-call]
    token = UsernameToken("zeep", place.key) if by_token else None  # type: ignore[no-untyped-call]
    client = Client(  # type: ignore[no-untyped-call]
        place.contract(version), transport=transport, settings=Settings(strict=True), wsse=token
    )
    outcomes: list[Outcome] = []
    for call in calls:
        try:
            answer = client.service[call["operation"]](request=call["request"])
            outcomes.append({"result": serialize_object(answer, dict)})  # type: ignore[no-untyped-call]
        except Fault as fault:
            outcomes.append({"fault": _problem(fault.detail)})
    return outcomes


def _problem(detail: Any) -> Outcome:
    found = detail.find(f".//{NAMESPACE}Problem") if detail is not None else None
    if found is None:
        return {"code": "no_detail"}
    return {etree.QName(part).localname: part.text for part in found}
