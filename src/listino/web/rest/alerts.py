"""The door of alerts: what needs a person now, and what did."""

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows import alerts
from listino.flows.access import ApiKey
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import is_number
from listino.web.rest.facts import page_of

STATES = {"open": True, "over": False}
NEWEST = (1 << 62) - 1


def listed(database: Database, key: ApiKey, said: dict[str, str]) -> bytes:
    """A page of alerts, the newest first: all, or those of a state.

    Errors:  Malformed.
    """
    require(key, "alerts:read")
    limit, after = page_of(said)
    if after and not is_number(after):
        raise malformed("after", "not_a_cursor", "after is no cursor.", "Send the `next` of the page before.")
    state = said.get("state")
    if state is not None and state not in STATES:
        raise malformed("state", "not_a_choice", f"state cannot be {state!r}.", f"Send {' or '.join(STATES)}.")
    is_open = STATES[state] if state is not None else None
    page = alerts.listed(database, int(after) if after else NEWEST, limit + 1, is_open=is_open)
    following = str(page[limit - 1].id) if len(page) > limit else None
    return encode({"data": page[:limit], "next": following})
