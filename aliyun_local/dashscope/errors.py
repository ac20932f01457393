"""The service's error answers: HTTP status, code and message, in the service's own words.

The account raises a :class:`ServiceError` for a request that it refuses; ``http/responses.py`` turns it into
the error envelope. A :class:`Problem` is the same for work that fails later: it is kept with the fine-tune or
the task and shown at its end. A test picks an error by its code, for
:attr:`~aliyun_local.dashscope.account.behaviour.Behaviour.refused` or for a fault.

A new error code goes into :data:`ERRORS`; a new use of one gets a function below, named for its cause.

Sources: Model Studio, "Error messages"; the table of the facechain-finetune page; the "Files" reference.
Clients tell errors apart by code and, where several errors share a code, by the message.
"""

from __future__ import annotations

from dataclasses import dataclass

_SERVICE_TROUBLE = "An internal error has occured, please try again later or contact service support."

# Code to HTTP status and message.
ERRORS: dict[str, tuple[int, str]] = {
    "InvalidParameter": (
        400,
        "Required parameter(s) missing or invalid, please check the request parameters.",
    ),
    "DataInspectionFailed": (400, "Input data may contain inappropriate content."),
    "InvalidParameter.DataInspection": (
        400,
        "Unable to download the media resource during the data inspection process.",
    ),
    "InvalidURL": (400, "Required URL is missing or invalid, please check the request URL."),
    "InvalidURL.ConnectionRefused": (400, "Connection to the requested URL was refused."),
    "InvalidURL.Timeout": (400, "Download the media resource timed out during the data inspection process."),
    "BadRequest.EmptyInput": (400, "Required input parameter missing from request."),
    "BadRequest.EmptyParameters": (400, 'Required parameter "parameters" missing from request.'),
    "BadRequest.EmptyModel": (400, 'Required parameter "model" missing from request.'),
    "BadRequest.IllegalInput": (400, "The input parameter requires json format."),
    "BadRequest.InputDownloadFailed": (400, "Failed to download the input file."),
    "BadRequest.UnsupportedFileFormat": (400, "Input file format is not supported."),
    "BadRequest.TooLarge": (400, "Payload Too Large."),
    "Arrearage": (400, "Access denied, please make sure your account is in good standing."),
    "UnsupportedOperation": (400, "The operation is unsupported on the referee object."),
    "InvalidApiKey": (401, "Invalid API-key provided."),
    "AccessDenied": (403, "Access denied."),
    "AccessDenied.Unpurchased": (
        403,
        "Access to model denied. Please make sure you are eligible for using the model.",
    ),
    "Model.AccessDenied": (403, "Model access denied."),
    "Workspace.AccessDenied": (403, "Workspace access denied."),
    "Endpoint.AccessDenied": (403, "Endpoint access denied."),
    "AllocationQuota.FreeTierOnly": (403, "The free tier of the model has been exhausted."),
    "ModelNotFound": (404, "Model can not be found."),
    "WorkSpaceNotFound": (404, "WorkSpace can not be found."),
    "NotFound": (404, "Not Found!"),
    "Conflict": (409, "Model instance already exists, please specify a suffix"),
    "Throttling": (429, "Requests throttling triggered."),
    "Throttling.RateQuota": (429, "Requests rate limit exceeded, please try again later."),
    "Throttling.BurstRate": (
        429,
        "Request rate increased too quickly. To ensure system stability, please adjust your client logic to"
        " scale requests more smoothly over time.",
    ),
    "Throttling.AllocationQuota": (429, "Allocated quota exceeded, please increase your quota limit."),
    "Throttling.Concurrency": (429, "Too many concurrent requests."),
    "CommodityNotPurchased": (429, "Commodity has not purchased yet."),
    "PrepaidBillOverdue": (429, "The prepaid bill is overdue."),
    "PostpaidBillOverdue": (429, "The postpaid bill is overdue."),
    "InternalError": (500, "Internal server error!"),
    "InternalError.Algo": (500, _SERVICE_TROUBLE),
    "InternalError.Upload": (500, "oss upload error."),
    "InternalError.FileUpload": (500, "oss upload error."),
    "InternalError.Timeout": (500, _SERVICE_TROUBLE),
    "SystemError": (500, "An system error has occured, please try again later."),
    "RequestTimeOut": (500, "Request timed out, please try again later."),
    "ModelServingError": (
        503,
        "Too many requests. Your requests are being throttled due to system capacity limits."
        " Please try again later.",
    ),
    "ModelUnavailable": (503, "Model is unavailable, please try again later."),
}


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
