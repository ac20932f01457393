"""The errors that the services document, as the emulators' own tables have them, and their kinds.

The tables are those from which the emulators answer: an error that the local cloud knows is one that the
matrix plays. A test holds that each has a kind in the product's table.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from aliyun_local.documented_error import IN_PART, DocumentedError
from aliyun_local.documented_errors import documented_errors
from shared.clients.dashscope_portraits import _refused
from shared.domain.error_kinds import is_known, kind_of
from shared.domain.trouble_kinds import Kind
from tests.simulation.matrix.operations import SERVICES, Operation

DOWNLOAD = "DownloadPortrait"


def errors_of(operation: Operation) -> list[DocumentedError]:
    """Return the documented errors of ``operation``: of a whole call, or of one row of a batch."""
    return [
        error
        for error in _errors(operation.service)
        if error.operation == operation.documented and (error.status == IN_PART) == operation.is_part
    ]


def kind_of_error(operation: Operation, error: DocumentedError) -> Kind:
    """Return the kind that the product takes ``error`` for."""
    service = SERVICES[operation.service]
    if operation.name == DOWNLOAD:
        return _refused(error.status).kind
    return kind_of(service, operation.api, error.status, error.code, error.example)


def without_a_kind(operation: Operation) -> Iterator[DocumentedError]:
    """Yield the documented errors of ``operation`` that the product's table does not know."""
    service = SERVICES[operation.service]
    for error in _errors(operation.service):
        if operation.name == DOWNLOAD:
            # The storage behind a picture's URL is read by its status alone.
            continue
        if error.operation == operation.documented and error.code and not is_known(service, error.code):
            yield error


@cache
def _errors(service: str) -> tuple[DocumentedError, ...]:
    return tuple(documented_errors(SERVICES[service].value))
