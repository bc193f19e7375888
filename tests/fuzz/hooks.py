"""What schemathesis does not know by itself: lines, and how a decimal may be written."""

import json
import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure

from listino.web.openapi.document import document
from listino.web.streams import NDJSON
from tests.web.schema import faults_in

# What a schema finds wrong with a JSON number that stands where the contract has a decimal as text.
_NUMBER = re.compile(r": -?[\d.]+(e[+-]?\d+)? is not (string|\['string', 'null'\])$")


@schemathesis.check
def every_line_fits(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Each line of an NDJSON answer is as its schema says."""
    if not response.headers.get("content-type", [""])[0].startswith(NDJSON):
        return
    told = document()["paths"][case.path][case.method.lower()]["responses"][str(response.status_code)]
    for line in response.content.splitlines():
        faults: list[Any] = list(faults_in(json.loads(line), told["content"][NDJSON]["schema"], document()))
        assert not faults, faults


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """A decimal as a JSON number is taken, though the contract asks for text: no failure."""
    if failure.code != "ST201" or not isinstance(case.body, dict):
        return True
    operation = document()["paths"][case.path][case.method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    faults = list(faults_in(case.body, schema, document()))
    return not (faults and all(_NUMBER.search(fault) for fault in faults))
