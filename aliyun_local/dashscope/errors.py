"""The service's error answers: HTTP status, code and message, in the service's own words.

The account raises a :class:`ServiceError` for a request that it refuses; ``http/responses.py`` turns it into
the error envelope. A :class:`Problem` is the same for work that fails later: it is kept with the fine-tune or
the task and shown at its end. A test picks an error by its code, for
:attr:`~aliyun_local.dashscope.account.behaviour.Behaviour.refused` or for a fault.

A new error goes into the table of all of them, :mod:`aliyun_local.dashscope.error_table`, which also names
the sources; a new use of one gets a function below, named for its cause.

Clients tell errors apart by code and, where several errors share a code, by the message.
"""

from __future__ import annotations

from dataclasses import dataclass

from aliyun_local.dashscope.error_table import API_ERRORS
from aliyun_local.documented_error import IN_PART

# Code to HTTP status and usual message.
ERRORS: dict[str, tuple[int, str]] = {}
for _error in API_ERRORS:
    if _error.code and _error.status != IN_PART:
        ERRORS.setdefault(_error.code, (_error.status, _error.example))


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The reason why a photo, a fine-tune or a portrait task fails, in the service's words."""

    code: str
    message: str


class ServiceError(Exception):
    """An error answer of the service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the HTTP ``status``, the service's ``code`` and its ``message``."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @property
    def problem(self) -> Problem:
        """The same error, for work that fails of it later."""
        return Problem(code=self.code, message=self.message)


def error_of(code: str, message: str | None = None) -> ServiceError:
    """Return the error with this code, with ``message`` in place of the usual one.

    Raises:
        KeyError: the table has no such code.
    """
    status, usual = ERRORS[code]
    return ServiceError(status, code, usual if message is None else message)


def status_of(code: str) -> int:
    """Return the HTTP status that answers with this code have; 500 for an unknown code."""
    return ERRORS.get(code, (500, ""))[0]


def invalid_parameter(message: str) -> ServiceError:
    """A parameter is missing or wrong; ``message`` says which."""
    return error_of("InvalidParameter", message)


def missing_or_invalid(parameter: str) -> ServiceError:
    """``parameter`` is missing or wrong, and the documents give no message of its own."""
    return invalid_parameter(
        f"Required parameter({parameter}) missing or invalid, please check the request parameters."
    )


def body_invalid() -> ServiceError:
    """The body is not a JSON object."""
    return invalid_parameter("Required body invalid, please check the request body format.")


def missing_training_files() -> ServiceError:
    """A fine-tune without training files."""
    return invalid_parameter("Missing training files.")


def file_not_found() -> ServiceError:
    """An unknown file id; a 400 and not a 404, as recorded from the service."""
    return invalid_parameter("File not found.")


def fine_tune_not_found(job_id: str) -> ServiceError:
    """An unknown or deleted fine-tune."""
    return error_of("NotFound", f"job {job_id} not found.")


def no_synchronous_calls() -> ServiceError:
    """An asynchronous operation, requested without the header for it."""
    return error_of("AccessDenied", "current user api does not support synchronous calls.")


def no_asynchronous_calls() -> ServiceError:
    """A synchronous operation, requested with the header of asynchronous ones."""
    return error_of("AccessDenied", "Current user api does not support asynchronous calls.")


def resource_access_denied() -> ServiceError:
    """A resource that is not the account's, or not trained."""
    return ServiceError(403, "Resource.AccessDenied", "Access to the resource is denied.")


def task_timed_out() -> ServiceError:
    """A task that has run for as long as a task may."""
    return error_of("InternalError.Timeout")


def cannot_be_canceled() -> ServiceError:
    """A cancelation of a task that is not waiting, or is unknown."""
    return error_of(
        "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status."
    )


def cannot_be_deleted() -> ServiceError:
    """A deletion or cancelation of a finished fine-tune."""
    return error_of(
        "UnsupportedOperation",
        "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
    )


def too_many_running() -> ServiceError:
    """The account trains as many fine-tunes as it may."""
    return error_of("Throttling", "Too many fine-tune job in running, please retry later")


def too_many_kept(limit: int) -> ServiceError:
    """The account has as many running and succeeded fine-tunes as it may; waiting does not help."""
    return error_of("Throttling", f"Only {limit} fine-tune job in running or succeeded allowed per user.")


def no_authorization_to_download() -> ServiceError:
    """A URL that answers 401 or 403, such as a signed one that has expired."""
    return error_of(
        "InvalidParameter.DataInspection",
        "Don't have authorization to access the media resource during the data inspection process.",
    )


def wrong_content_type() -> ServiceError:
    """A URL whose answer is not declared as an image."""
    return invalid_parameter("Wrong Content-Type of multimodal url")
