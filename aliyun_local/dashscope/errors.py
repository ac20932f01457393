"""The service's error answers: status, code and message, in the service's own words.

Source of codes and messages: Model Studio, "Error messages", the table of the facechain-finetune page and
the "Files" reference. Clients tell errors apart by code and, where a code is shared, by the message.
"""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer of the service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the HTTP ``status``, the service's ``code`` and its ``message``."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def invalid_parameter(message: str) -> ServiceError:
    """A parameter is missing or wrong; ``message`` says which."""
    return ServiceError(400, "InvalidParameter", message)


def missing_or_invalid(parameter: str) -> ServiceError:
    """``parameter`` is missing or wrong, where no message of its own is documented."""
    return invalid_parameter(
        f"Required parameter({parameter}) missing or invalid, please check the request parameters."
    )


def body_invalid() -> ServiceError:
    """The body is not the JSON that is wanted."""
    return invalid_parameter("Required body invalid, please check the request body format.")


def missing_training_files() -> ServiceError:
    """A fine-tune without training files."""
    return invalid_parameter("Missing training files.")


def file_not_found() -> ServiceError:
    """An unknown file id; a 400 and not a 404, as recorded from the service."""
    return invalid_parameter("File not found.")


def job_not_found(job_id: str) -> ServiceError:
    """An unknown or deleted fine-tune."""
    return ServiceError(404, "NotFound", f"job {job_id} not found.")


def model_not_found() -> ServiceError:
    """A model that is not served here."""
    return ServiceError(404, "ModelNotFound", "Model can not be found.")


def invalid_api_key() -> ServiceError:
    """No key, or one that is not known."""
    return ServiceError(401, "InvalidApiKey", "Invalid API-key provided.")


def empty_model() -> ServiceError:
    """A call of a model that does not name it."""
    return ServiceError(400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')


def empty_input() -> ServiceError:
    """A call of a model without input."""
    return ServiceError(400, "BadRequest.EmptyInput", "Required input parameter missing from request.")


def empty_parameters() -> ServiceError:
    """A call of a model without parameters."""
    return ServiceError(
        400, "BadRequest.EmptyParameters", 'Required parameter "parameters" missing from request.'
    )


def no_synchronous_calls() -> ServiceError:
    """An asynchronous operation that was asked for without the header that says so."""
    return ServiceError(403, "AccessDenied", "current user api does not support synchronous calls.")


def resource_access_denied() -> ServiceError:
    """A resource that is not the account's, or not trained."""
    return ServiceError(403, "Resource.AccessDenied", "Access to the resource is denied.")


def cannot_be_canceled() -> ServiceError:
    """A task that shall be canceled and does not wait any more, or never existed."""
    return ServiceError(
        400,
        "UnsupportedOperation",
        "Failed to cancel the task, please confirm if the task is in PENDING status.",
    )


def no_asynchronous_calls() -> ServiceError:
    """A synchronous operation that was asked for asynchronously."""
    return ServiceError(403, "AccessDenied", "Current user api does not support asynchronous calls.")


def cannot_be_deleted() -> ServiceError:
    """A finished fine-tune that shall be deleted or canceled."""
    return ServiceError(
        400,
        "UnsupportedOperation",
        "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
    )


def too_many_requests() -> ServiceError:
    """More calls in a second than allowed."""
    return ServiceError(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")


def too_many_running() -> ServiceError:
    """As many trainings run as may."""
    return ServiceError(429, "Throttling", "Too many fine-tune job in running, please retry later")


def too_many_kept(limit: int) -> ServiceError:
    """As many running and succeeded fine-tunes exist as may; waiting does not help."""
    return ServiceError(
        429, "Throttling", f"Only {limit} fine-tune job in running or succeeded allowed per user."
    )


def internal_error() -> ServiceError:
    """Something in the service broke."""
    return ServiceError(500, "InternalError", "Internal server error!")


def unable_to_download() -> ServiceError:
    """A URL whose file cannot be had."""
    return ServiceError(
        400,
        "InvalidParameter.DataInspection",
        "Unable to download the media resource during the data inspection process.",
    )


def no_authorization_to_download() -> ServiceError:
    """A URL that answers 401 or 403, such as a signed one that has expired."""
    return ServiceError(
        400,
        "InvalidParameter.DataInspection",
        "Don't have authorization to access the media resource during the data inspection process.",
    )


def invalid_url() -> ServiceError:
    """A string that is no URL that the service takes."""
    return ServiceError(
        400, "InvalidURL", "Required URL is missing or invalid, please check the request URL."
    )


def wrong_content_type() -> ServiceError:
    """A URL whose answer is not declared as an image."""
    return invalid_parameter("Wrong Content-Type of multimodal url")
