"""What the fields mean of a request that was logged."""

from collections.abc import Mapping

REQUESTS: Mapping[str, str] = {
    "RequestLine.id": "Its place in the log.",
    "RequestLine.at": "When it came.",
    "RequestLine.key": "The id of the key that it came with.",
    "RequestLine.method": "Its method.",
    "RequestLine.path": "Its path, by SOAP with `#` and the operation (`/soap#GetPrice`), and its query with the "
    "values of named parameters alone.",
    "RequestLine.status": "The status that it was answered with.",
    "RequestLine.code": "The code of the refusal; null where it was none.",
    "RequestLine.duration_us": "How long the answer took, in microseconds.",
    "RequestLine.request_id": "What `X-Request-Id` of its answer says; null for a price that GET answered.",
    "RequestLine.body": "The beginning of what was sent, scrubbed; null where nothing was.",
    "RequestLine.answer": "The beginning of the answer to what was sent, and of a refusal, scrubbed.",
}
