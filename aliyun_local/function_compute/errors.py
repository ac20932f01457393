"""The reasons for which an invocation is not accepted or not run, and a change is not made.

Raised by the queue and by running instances, seen by the callers of ``FunctionCompute``; the module
``http.errors`` gives each the status and the code of the service. The account raises :class:`ResourceRefused`
for a change that it does not make.
"""

from __future__ import annotations


class FunctionNotFound(LookupError):
    """There is no function of this name."""

    def __init__(self, name: str) -> None:
        """Name the function."""
        super().__init__(f"function '{name}' does not exist")


class PayloadTooLarge(ValueError):
    """The event is larger than Function Compute takes."""

    def __init__(self, limit_bytes: int) -> None:
        """Name the limit."""
        super().__init__(f"payload size exceeds maximum allowed size ({limit_bytes} bytes)")


class ConcurrencyExceeded(Exception):
    """Every instance that the function may have is busy."""


class ServiceUnavailable(RuntimeError):
    """The local Function Compute is closing, or the machine refuses to start a process."""


class InvocationIdInUse(Exception):
    """The function was invoked with this id before; ``request_id`` is that invocation's."""

    def __init__(self, request_id: str) -> None:
        """Name the earlier request."""
        super().__init__(request_id)
        self.request_id = request_id


class ResourceRefused(Exception):
    """A change of the account's resources is refused, with the ``status`` and ``code`` of the service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the answer."""
        super().__init__(message)
        self.status = status
        self.code = code


def invalid(message: str) -> ResourceRefused:
    """Return the refusal of a value that the service does not take."""
    return ResourceRefused(400, "InvalidArgument", message)
