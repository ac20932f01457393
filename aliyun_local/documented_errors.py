"""The tables of documented errors of all services, as data from which tests can be made.

    from aliyun_local.documented_errors import documented_errors

    for error in documented_errors("oss"):
        print(error.operation, error.status, error.code, error.message, error.source)

:mod:`aliyun_local.control.faults` answers with any of these errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from aliyun_local.dashscope import error_table as dashscope
from aliyun_local.documented_error import OTHER_OPERATIONS, DocumentedError, errors_of
from aliyun_local.oss import error_table as oss
from aliyun_local.ros import error_table as ros
from aliyun_local.serving.broken_requests import DEFECTS, in_words_of
from aliyun_local.tablestore import error_table as tablestore

_TABLES = {
    "oss": (oss.CALLED_OPERATIONS, oss.DOCUMENTED_ERRORS),
    "tablestore": (tablestore.CALLED_OPERATIONS, tablestore.DOCUMENTED_ERRORS),
    "dashscope": (dashscope.CALLED_OPERATIONS, dashscope.DOCUMENTED_ERRORS),
    "ros": (ros.CALLED_OPERATIONS, ros.DOCUMENTED_ERRORS),
}
SERVICES = tuple(_TABLES)


@cache
def documented_errors(service: str) -> tuple[DocumentedError, ...]:
    """Return every error of ``service``, which is one of :data:`SERVICES`, once, with its first source.

    Raises:
        KeyError: the service has no table.
    """
    _, errors = _TABLES[service]
    once: dict[tuple[str, int, str, str], DocumentedError] = {}
    for error in (*errors, *_of_broken_requests(service)):
        once.setdefault((error.operation, error.status, error.code, error.message), error)
    return tuple(once.values())


def called_operations(service: str) -> tuple[str, ...]:
    """Return the operations of ``service`` whose documented errors its table has without a gap."""
    operations, _ = _TABLES[service]
    return operations


def errors_of_operation(service: str, operation: str) -> tuple[DocumentedError, ...]:
    """Return the errors of one operation; of all other operations for one without rows of its own."""
    errors = documented_errors(service)
    own = tuple(error for error in errors if error.operation == operation)
    if operation in called_operations(service):
        return own
    return own + tuple(error for error in errors if error.operation == OTHER_OPERATIONS)


def _of_broken_requests(service: str) -> Iterator[DocumentedError]:
    operations = (*called_operations(service), OTHER_OPERATIONS)
    for defect in DEFECTS:
        said = in_words_of(service, defect)
        source = "HTTP; for a request that cannot be read to its end"
        yield from errors_of(operations, source, (said.status, said.code, said.message))
