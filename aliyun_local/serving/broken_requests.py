"""Requests that the server cannot read, and how each service words the refusal.

:mod:`aliyun_local.serving.server` and :mod:`aliyun_local.serving.bodies` find the defects;
:class:`aliyun_local.serving.wire.Front` has the service refuse the request in its own words. Services are
given whole requests only and know no sockets, so their words for broken requests are here. Codes and statuses
are those of each service's "Error codes". Broken requests do not get past the gateways of a real service, so
it has no code for most defects; they get the status that HTTP has for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Defect:
    """The defect of a request: a status, a neutral code and a message."""

    status: int
    code: str
    message: str


class BrokenRequest(Exception):
    """A request that cannot be read to its end."""

    def __init__(self, defect: Defect) -> None:
        """Hold the defect."""
        super().__init__(defect.message)
        self.defect = defect


@dataclass(frozen=True, kw_only=True)
class _Words:
    """A service's words for a defect; None keeps those of the defect."""

    status: int | None = None
    code: str
    message: str | None = None


REQUEST_TIMEOUT = Defect(
    status=408,
    code="RequestTimeout",
    message="Your socket connection to the server was not read from or written to within the timeout period.",
)
ENTITY_TOO_LARGE = Defect(
    status=413, code="EntityTooLarge", message="Your proposed upload exceeds the maximum allowed size."
)
SERVER_BUSY = Defect(
    status=503, code="ServiceUnavailable", message="Thread pool is almost full, please retry later"
)
MALFORMED = Defect(status=400, code="BadRequest", message="The request is not well-formed HTTP.")
CONTENT_LENGTH = replace(MALFORMED, message="Content-Length is not a size.")
SHORT_BODY = replace(MALFORMED, message="The body ended before its Content-Length.")
CHUNK_SIZE = replace(MALFORMED, message="A chunk's size is not a hexadecimal number.")
SHORT_CHUNK = replace(MALFORMED, message="A chunk ended before its size.")
TRAILERS = replace(MALFORMED, message="The body has too many trailers.")
# By the status with which the standard library's server would refuse the request.
_BY_STATUS = {
    414: Defect(status=414, code="RequestURITooLong", message="The URI of the request is too long."),
    431: Defect(
        status=431, code="RequestHeaderTooLarge", message="The headers of the request are too large."
    ),
    505: Defect(status=505, code="HTTPVersionNotSupported", message="The HTTP version is not supported."),
}
DEFECTS = (
    REQUEST_TIMEOUT,
    ENTITY_TOO_LARGE,
    SERVER_BUSY,
    MALFORMED,
    CONTENT_LENGTH,
    SHORT_BODY,
    CHUNK_SIZE,
    SHORT_CHUNK,
    TRAILERS,
    *_BY_STATUS.values(),
)

_FUNCTION_COMPUTE = {
    "RequestTimeout": _Words(code="RequestTimeout"),
    "EntityTooLarge": _Words(code="EntityTooLarge"),
    "ServiceUnavailable": _Words(code="ServiceUnavailable"),
    None: _Words(code="InvalidArgument"),
}
# By service and code; None is for every code without an entry of its own.
_WORDS: dict[str, dict[str | None, _Words]] = {
    "oss": {
        "RequestTimeout": _Words(status=400, code="RequestTimeout"),
        "EntityTooLarge": _Words(status=400, code="EntityTooLarge"),
    },
    "tablestore": {
        "RequestTimeout": _Words(code="OTSRequestTimeout", message="Request timeout."),
        "EntityTooLarge": _Words(
            code="OTSRequestBodyTooLarge", message="The size of POST data is too large."
        ),
        "ServiceUnavailable": _Words(code="OTSServerBusy", message="Server is busy."),
        None: _Words(code="OTSParameterInvalid"),
    },
    "dashscope": {
        "RequestTimeout": _Words(code="RequestTimeOut"),
        "EntityTooLarge": _Words(status=400, code="BadRequest.TooLarge", message="Payload Too Large."),
        "ServiceUnavailable": _Words(
            code="ModelUnavailable", message="Model is unavailable, please try again later."
        ),
        None: _Words(code="InvalidParameter"),
    },
    "function_compute": _FUNCTION_COMPUTE,
    "function_compute_http": _FUNCTION_COMPUTE,
}


def defect_of_status(status: int) -> Defect:
    """Return the defect for which the standard library's server would refuse a request with ``status``."""
    return _BY_STATUS.get(status, MALFORMED)


def in_words_of(service: str, defect: Defect) -> Defect:
    """Return ``defect`` with the status, code and message of the service called ``service``."""
    words = _WORDS.get(service, {})
    own = words.get(defect.code) or words.get(None) or _Words(code=defect.code)
    return Defect(status=own.status or defect.status, code=own.code, message=own.message or defect.message)
