"""The operations of /soap, as far as this contract tells them: its own is the WSDL."""

from listino.web.openapi.parts import Paths, answer, operation, query
from listino.web.openapi.problems import REQUEST_ID
from listino.web.openapi.schemas import TEXT

SOAP_11, SOAP_12 = "text/xml", "application/soap+xml"


def soap() -> Paths:
    """The contract and the door of SOAP."""
    contract = answer("The contract; without `wsdl` a text that says where it is.", TEXT, kind=SOAP_11)
    contract["content"]["text/plain"] = {"schema": TEXT}
    asked = operation(
        "getSoapContract", "SOAP", "The contract of SOAP", "One WSDL file with its schema. Needs no key.",
        answers={"200": contract}, refused=(503,),
        parameters=[query("wsdl", TEXT, "Empty for both versions; `1.1` or `1.2` for one alone.")],
    )  # fmt: skip
    kinds = {SOAP_11: {"schema": TEXT}, SOAP_12: {"schema": TEXT}}
    told = {
        "200": "The envelope of the answer.",
        "400": "A fault of SOAP 1.2: the message is wrong, or refused by its content; its detail says so by `code`, "
        "`field` and `remedy`.",
        "401": "A fault: no key is shown, or one that does not hold.",
        "415": "A fault: the body is neither of the two media types.",
        "500": "Every other fault of SOAP 1.1, and of SOAP 1.2 what failed on our side.",
        "503": "More is asked than can be answered.",
    }
    message = operation(
        "askBySoap", "SOAP", "Send a message of SOAP 1.1 or 1.2",
        "The envelope of one operation of the contract; the same questions and orders as here, answered alike; its "
        "action names that operation, or none. The key is shown by HTTP Basic or a WS-Security UsernameToken (any user "
        "name, the key as password), or as Bearer.",
        answers={
            status: {"description": text, "content": kinds, "headers": REQUEST_ID} for status, text in told.items()
        },
        sent={"required": True, "description": "An envelope of SOAP 1.1, or of 1.2.", "content": kinds},
    )  # fmt: skip
    return {"/soap": {"get": asked, "post": message}}
