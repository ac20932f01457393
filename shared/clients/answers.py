"""Turns a service's error answer into the words of :mod:`shared.errors`; used by all three clients.

What an error concerns stands in :mod:`shared.domain.trouble_kinds`; here it becomes the class that carries
the decision: try again after so long, look first, or never.
"""

from __future__ import annotations

from shared.domain.error_kinds import is_refusal, kind_of
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.errors import (
    AccountTrouble,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)
from shared.logs import redact

ACCOUNT_DELAY_SECONDS = 120
REQUEST_DELAY_SECONDS = 20
UNKNOWN_DELAY_SECONDS = 30
UNREADABLE_DELAY_SECONDS = 10
BUSY_DELAY_SECONDS = {Service.DASHSCOPE: 20, Service.OSS: 2, Service.TABLESTORE: 2}
"""DashScope asks for pauses of many seconds; the others are well again in moments."""
LONGEST_MESSAGE = 500
LONGEST_CODE = 100
"""In characters; the documented ones are far shorter, and a row holds many."""


def said(text: object, longest: int = LONGEST_MESSAGE) -> str:
    """Return what a service said as text of at most ``longest`` characters, without secrets.

    Whatever a service says comes in through here, once: it is stored, logged and shown afterwards.
    """
    return "" if text is None else redact(str(text))[:longest]


def trouble_for(service: Service, api: Api, status: int, code: str, message: str) -> Trouble:
    """Return the error that an answer with this ``status``, ``code`` and ``message`` stands for.

    What DashScope blames on itself leaves open whether the call took effect (:class:`OutcomeUnknown`), with
    whatever status it comes; calls that may be repeated take it as one that passes.
    """
    kind = kind_of(service, api, status, code, message)
    is_open = service is Service.DASHSCOPE and not is_refusal(service, api, status, code, message)
    code = said(code, LONGEST_CODE) or f"http_{status}"
    message = said(message) or f"HTTP {status} without a reason"
    if kind.is_of_all:
        return AccountTrouble(code, message, delay_seconds=ACCOUNT_DELAY_SECONDS, kind=kind, api=api)
    if kind is Kind.GONE:
        return NotFound(code, message, kind=kind, api=api)
    if kind in (Kind.OBJECT, Kind.PICTURE):
        return Permanent(code, message, kind=kind, api=api)
    if kind is Kind.UNKNOWN:
        return RequestTrouble(code, message, delay_seconds=REQUEST_DELAY_SECONDS, kind=kind, api=api)
    if is_open:
        return OutcomeUnknown(code, message, delay_seconds=UNKNOWN_DELAY_SECONDS, kind=kind, api=api)
    return RetryLater(code, message, delay_seconds=BUSY_DELAY_SECONDS[service], kind=kind, api=api)
