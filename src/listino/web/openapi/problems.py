"""What a door can refuse, by status: the codes that programs meet, and the headers that come with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from listino.core.findings import CHECKS
from listino.web.reading import BODY_BYTES_MAX
from listino.web.rest.changes import NDJSON_BYTES_MAX

PROBLEM_TYPE = "application/problem+json"

# (status, title, what it means, its codes)
PROBLEMS: Mapping[int, tuple[str, str, tuple[str, ...]]] = {
    400: (
        "Malformed",
        "What was sent cannot be understood or cannot be true. `errors` names each field and the remedy.",
        ("malformed", "malformed_json", "invalid", "missing", "empty", "twice", "count", "length", "unknown_field",
         "wrong_type", "too_long", "too_many", "too_deep", "cut_off", "not_utf8", "not_nfc", "control_character",
         "out_of_range", "negative", "zero", "not_positive", "not_growing", "over_100", "amount_out_of_range",
         "not_a_number", "not_an_amount", "not_an_instant", "no_zone", "not_a_day", "not_a_zone", "not_a_choice",
         "not_a_country", "not_a_currency", "not_an_attribute", "not_an_address", "not_a_revision", "not_a_cursor",
         "not_a_change", "not_for_kind", "unknown_unit", "unknown_reference", "unknown_revision", "unknown_line",
         "unknown_step", "in_the_future", "not_there_yet", "ends_before_start", "code_differs", "other_order",
         "two_keys", "two_parties", "one_party", "two_rules", "two_values", "two_measures", "same_currency", "no_rate",
         "incomplete", "mixed", "circular", "loop", "no_source", "not_a_price", "not_a_charge", "not_a_bundle",
         "not_an_offer", "not_free_goods", "not_a_basket", "not_a_rounding", "no_price_step", "nothing_ties",
         "key_full", "not_kept", "not_an_origin", "not_a_language", "not_for_guests", "other_list",
         "prices_asked_live",
         "https_required", "address_refused", *CHECKS),
    ),
    401: (
        "Unauthenticated",
        "There is no key or token, or it is not valid any more.",
        ("unauthenticated", "token_expired", "token_ended"),
    ),
    403: (
        "NotAllowed",
        "The key does not have the scope that this needs, or the token is not for this page.",
        ("scope_missing", "test_key", "origin_not_allowed", "token_needed", "customer_blocked", "customer_needed",
         "orders_not_allowed"),
    ),
    404: (
        "NotFound",
        "What was named does not exist.",
        ("not_found", "unknown_item", "unknown_customer", "unknown_channel", "unknown_order", "unknown_event",
         "unknown_webhook", "unknown_message", "unknown_item_group", "unknown_brand"),
    ),
    405: ("MethodNotAllowed", "There is such a path, but not with this method.", ("method_not_allowed",)),
    409: (
        "Conflict",
        "Somebody else changed the record, refers to it, or is still writing it; or a person has to confirm it.",
        ("conflict", "in_use", "claimed_by_import", "in_progress", "to_confirm", "illegal_step", "too_much",
         "nothing_left", "not_on_hand", "in_management_system", "still_held", "not_held", "sequence_taken",
         "too_many_waiting", "not_by_hand", "not_active", "too_many", "changed_meanwhile", "import_under_way",
         "import_released", "unknown_quote", "quote_expired", "quote_differs",
         "too_many_items"),
    ),
    410: ("Gone", "What was known then is no longer kept.", ("history_gone", "page_gone",)),
    413: (
        "TooLarge",
        f"The body is larger than {BODY_BYTES_MAX >> 20} MiB (NDJSON: {NDJSON_BYTES_MAX >> 30} GiB).",
        ("too_large",),
    ),
    422: ("DifferentContent", "The same key came before with other content.", ("different_content",)),
    429: (
        "TooOften",
        "The key, or whoever asks with a token of it, asked more often than it may; orders are never refused so. Ask "
        "again after `Retry-After` seconds.",
        ("rate_limited", "item_budget", "too_many_streams", "too_many_questions"),
    ),
    500: ("Failed", "Something failed on our side; `incident` is the number to name.", ("internal",)),
    503: (
        "Unavailable",
        "Time will mend it: ask again after `Retry-After` seconds. `overloaded`: more is asked than can be answered; "
        "orders are taken for longer than prices are answered, and nothing was begun.",
        ("unavailable", "busy", "disk_full", "database_failed", "quote_secrets", "token_secrets", "server_ends",
         "overloaded", "outcome_unknown", "database_lost"),
    ),
}  # fmt: skip

RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "integer", "minimum": 1}}
}
REQUEST_ID = {
    "X-Request-Id": {
        "description": "The request's name in GET /v1/requests, where its key is known. A price by GET has none.",
        "schema": {"type": "string"},
    }
}
ALLOW = {"Allow": {"description": "The methods that there are.", "schema": {"type": "string"}}}
HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}}},
    405: ALLOW,
    409: RETRY_AFTER,
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}
# What every door behind a key can answer.
ALWAYS = (400, 401, 403, 429, 500, 503)


def responses(shown: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """The refusals as components, by name, each with its examples by code."""
    return {name: _response(status, shown.get(status, {})) for status, (name, _, _) in PROBLEMS.items()}


def _response(status: int, shown: Mapping[str, Any]) -> dict[str, Any]:
    _, meaning, codes = PROBLEMS[status]
    own = {"type": "object", "properties": {"status": {"const": status}, "code": {"enum": list(codes)}}}
    response: dict[str, Any] = {
        "description": f"{meaning} Codes: {', '.join(f'`{code}`' for code in codes)}.",
        "content": {PROBLEM_TYPE: {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, own]}}},
    }
    if shown:
        response["content"][PROBLEM_TYPE]["examples"] = {code: {"value": one} for code, one in shown.items()}
    response["headers"] = HEADERS.get(status, {}) | REQUEST_ID
    return response


def refusals(statuses: Iterable[int]) -> dict[str, Any]:
    """The refusals of one operation, by status."""
    return {str(status): {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"} for status in sorted(set(statuses))}
