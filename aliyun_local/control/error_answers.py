"""Faults that answer with an error: what they say, and whether the whole answer fails or a part of it.

:mod:`aliyun_local.control.faults` arms them.
"""

from __future__ import annotations

from functools import partial

from aliyun_local.control.errors import ControlError
from aliyun_local.control.targets import Target
from aliyun_local.dashscope.http.responses import DashScopeService
from aliyun_local.documented_error import IN_PART, DocumentedError
from aliyun_local.documented_errors import SERVICES, documented_errors, errors_of_operation
from aliyun_local.serving.wire import ANY_OPERATION, Fault, Front, Refusal, Response
from aliyun_local.tablestore.http.responses import TablestoreService

_IN_PART = ("BatchGetRow", "BatchWriteRow", "UploadFiles")


def error_fault(
    front: Front,
    service: str,
    operation: str,
    error: tuple[int | None, str, str],
    after_effect: bool,
    on: Target,
) -> Fault:
    """Return the fault that answers with ``error``: a status, a code and a message.

    Raises:
        ControlError: the status is missing and not documented, or out of bounds.
    """
    refusal = _completed(service, operation, *error)
    if refusal.status == IN_PART:
        return _fault_in_part(front, operation, refusal, after_effect, on)
    if not refusal.code:
        page = Response(
            status=refusal.status, headers={"Content-Type": "text/html"}, body=refusal.message.encode()
        )
        return Fault(operation=operation, answer=page, refusal=refusal, after_effect=after_effect)
    return Fault(operation=operation, refusal=refusal, after_effect=after_effect)


def _completed(service: str, operation: str, status: int | None, code: str, message: str) -> Refusal:
    """Return the error with what is left out as its service documents it."""
    documented = [error for error in _documented(service, operation) if error.code == code]
    if status is None:
        whole = [error for error in documented if error.status != IN_PART]
        said = [error for error in whole if error.is_said_by(error.status, code, message)]
        if not whole:
            raise ControlError(f"{service} documents no {code!r} for {operation}; give its status")
        status = (said or whole)[0].status
    usual = [error.example for error in documented if error.status == status] or [code]
    if status == IN_PART:
        if operation not in _IN_PART:
            parts = ", ".join(_IN_PART)
            raise ControlError(f"status is 200; an error's is from 400 to 599, and 200 for parts of {parts}")
    elif not 400 <= status <= 599 and status not in {error.status for error in documented}:
        raise ControlError(f"status is {status}; an error's is from 400 to 599")
    return Refusal(status=status, code=code, message=message or usual[0])


def _documented(service: str, operation: str) -> tuple[DocumentedError, ...]:
    if service not in SERVICES:
        return ()
    return (
        documented_errors(service) if operation == ANY_OPERATION else errors_of_operation(service, operation)
    )


def _fault_in_part(front: Front, operation: str, refusal: Refusal, after_effect: bool, on: Target) -> Fault:
    service = front.service
    if isinstance(service, TablestoreService):
        fail_rows = partial(
            service.fail_rows, fails=on.has_row, refusal=refusal, are_carried_out=after_effect
        )
        return Fault(operation=operation, instead=fail_rows, refusal=refusal, after_effect=after_effect)
    if isinstance(service, DashScopeService) and not after_effect:
        fail_uploads = partial(service.fail_uploads, refusal=refusal)
        return Fault(operation=operation, instead=fail_uploads, refusal=refusal)
    raise ControlError("the files of an upload fail without effect; leave after_effect out")
