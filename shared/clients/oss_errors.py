"""Turns whatever oss2 raises into the words of :mod:`shared.errors`, by the table of kinds.

oss2 lets through more than its own errors: those of Python where a header is missing or a page is no XML, and
those of requests. None gets past this module, and no text of theirs does, since it may hold a signed URL.

An answer that did not come, was cut off or cannot be read is of unknown kind. It may be this one object (a
picture that takes too long, a page with an odd key) or the service; only what becomes of other objects tells.
Where no connection came about, no object can be the reason: that passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import oss2
import requests

from shared.clients.answers import BUSY_DELAY_SECONDS, REQUEST_DELAY_SECONDS, trouble_for
from shared.clients.bounded_answers import UnusableAnswer
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.errors import RequestTrouble, RetryLater, Trouble

SHORTLY = BUSY_DELAY_SECONDS[Service.OSS]

_T = TypeVar("_T")


def translated(api: Api, do: Callable[[], _T]) -> _T:
    """Return what ``do``, a call of ``api``, returns.

    Raises:
        Trouble: whatever it raised.
    """
    try:
        return do()
    except Trouble:
        raise
    except Exception as error:
        raise trouble_of(api, error) from None


def trouble_of(api: Api, error: Exception) -> Trouble:
    """Return the trouble that an error of oss2, or of something beneath it, stands for."""
    if isinstance(error, oss2.exceptions.ServerError):
        return _refused(api, error)
    if isinstance(error, oss2.exceptions.RequestError):
        return _unanswered(api, error.exception)
    if isinstance(error, oss2.exceptions.InconsistentError):
        message = "OSS received other bytes than were sent; they are sent again"
        return RetryLater("oss_inconsistent", message, delay_seconds=SHORTLY, api=api)
    if isinstance(error, UnusableAnswer):
        # A connection that broke is worth another try at once, unlike one that was left for being slow.
        delay = SHORTLY if error.code == "oss_answer_cut" else REQUEST_DELAY_SECONDS
        return _of_unknown_kind(api, error.code, f"OSS's answer is not usable: {error.message}", delay)
    message = f"OSS's answer could not be read ({type(error).__name__})"
    return _of_unknown_kind(api, "oss_answer_unreadable", message)


def _refused(api: Api, error: Any) -> Trouble:
    # Documents of OSS show codes with blanks around them. The answer to a HEAD has no body; its code stands
    # in x-oss-err, which oss2 reads. Where that is missing too, a 404 from OSS itself means this key.
    code = (error.code or "").strip() or ("NoSuchKey" if error.status == 404 and error.request_id else "")
    message = (error.message or f"HTTP {error.status} without a reason").strip()
    if code == "AccessDenied":
        message += " Does the function's role allow it, and the object's own ACL and key?"
    # "Error responses" has the meaning of each EC.
    return trouble_for(Service.OSS, api, error.status, code, f"OSS: {message}{_ec(error)}")


def _ec(error: Any) -> str:
    ec = error.details.get("EC") or error.headers.get("x-oss-ec")
    return f" (EC {ec})" if ec else ""


def _unanswered(api: Api, cause: Exception) -> Trouble:
    name = type(cause).__name__
    if isinstance(cause, requests.ConnectionError):
        return RetryLater("oss_unreachable", f"OSS did not answer ({name})", delay_seconds=SHORTLY, api=api)
    if isinstance(cause, requests.Timeout):
        return _of_unknown_kind(api, "oss_no_answer", f"OSS did not answer in time ({name})")
    return _of_unknown_kind(api, "oss_not_asked", f"OSS could not be asked ({name})")


def _of_unknown_kind(
    api: Api, code: str, message: str, delay_seconds: float = REQUEST_DELAY_SECONDS
) -> RequestTrouble:
    return RequestTrouble(code, message, delay_seconds=delay_seconds, kind=Kind.UNKNOWN, api=api)
