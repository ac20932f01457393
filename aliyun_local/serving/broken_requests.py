"""Requests that did not come whole: what can be wrong with them, and how each service says so.

Services know no sockets and are handed whole requests alone, so the words stand here, beside the front end
that needs them; the shape of an answer is the service's own. Codes and statuses are those of each service's
"Error codes"; what no service has a code for, since it never gets past the real one's gateways, is said with
the status that HTTP has for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Broken:
    """What is wrong with a request: a status, and a code and a message as neutral as can be."""

    status: int
    code: str
    message: str


class BrokenRequest(Exception):
    """A request that cannot be read to its end; ``broken`` says why."""

    def __init__(self, broken: Broken) -> None:
        """Take what is wrong."""
        super().__init__(broken.message)
        self.broken = broken


REQUEST_TIMEOUT = Broken(
    status=408,
    code="RequestTimeout",
    message="Your socket connection to the server was not read from or written to within the timeout period.",
)
ENTITY_TOO_LARGE = Broken(
    status=413, code="EntityTooLarge", message="Your proposed upload exceeds the maximum allowed size."
)
MALFORMED = Broken(status=400, code="BadRequest", message="The request is not well-formed HTTP.")
# By the status with which the standard library's server would refuse them.
_BY_STATUS = {
    414: Broken(status=414, code="RequestURITooLong", message="The URI of the request is too long."),
    431: Broken(
        status=431, code="RequestHeaderTooLarge", message="The headers of the request are too large."
    ),
    505: Broken(status=505, code="HTTPVersionNotSupported", message="The HTTP version is not supported."),
}

# What a service calls it otherwise; None stands for everything that has no entry of its own.
_WORDS: dict[str, dict[str | None, tuple[int | None, str, str | None]]] = {
    "oss": {
        "RequestTimeout": (400, "RequestTimeout", None),
        "EntityTooLarge": (400, "EntityTooLarge", None),
    },
    "tablestore": {
        "RequestTimeout": (408, "OTSRequestTimeout", "Request timeout."),
        "EntityTooLarge": (413, "OTSRequestBodyTooLarge", "The size of POST data is too large."),
        None: (None, "OTSParameterInvalid", None),
    },
    "dashscope": {
        "RequestTimeout": (408, "RequestTimeOut", None),
        None: (None, "InvalidParameter", None),
    },
    "function_compute": {
        "RequestTimeout": (None, "RequestTimeout", None),
        "EntityTooLarge": (None, "EntityTooLarge", None),
        None: (None, "InvalidArgument", None),
    },
}
_WORDS["function_compute_http"] = _WORDS["function_compute"]


def malformed(message: str) -> BrokenRequest:
    """Return the error for bytes that are not what HTTP has there."""
    return BrokenRequest(replace(MALFORMED, message=message))


def broken_by(status: int) -> Broken:
    """Return what is wrong with a request that the standard library's server refuses with ``status``."""
    return _BY_STATUS.get(status, MALFORMED)


def in_words_of(service: str, broken: Broken) -> Broken:
    """Return ``broken`` with the status, code and message that the service called ``service`` has for it."""
    words = _WORDS.get(service, {})
    status, code, message = words.get(broken.code) or words.get(None) or (None, broken.code, None)
    return Broken(status=status or broken.status, code=code, message=message or broken.message)
