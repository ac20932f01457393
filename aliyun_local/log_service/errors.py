"""The errors of Simple Log Service, by the codes of its own list ("Error codes", 2026-09)."""

from __future__ import annotations


class LogServiceError(Exception):
    """A request that is refused: the HTTP status, the code and the message of the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def parameter_invalid(message: str) -> LogServiceError:
    """A parameter is missing, or its value is not one that the service takes."""
    return LogServiceError(400, "ParameterInvalid", message)


def post_body_invalid(message: str) -> LogServiceError:
    """The log group cannot be read ("PutLogs", errors)."""
    return LogServiceError(400, "PostBodyInvalid", message)


def invalid_timestamp() -> LogServiceError:
    """An entry's time is more than 7 days ago, or more than 15 minutes ahead; no entry is taken."""
    return LogServiceError(400, "InvalidTimestamp", "Invalid timestamps are in logs.")


def invalid_encoding() -> LogServiceError:
    """A name or a text is no UTF-8; no entry is taken."""
    return LogServiceError(400, "InvalidEncoding", "Non-UTF8 charactors are in logs.")


def post_body_too_large(message: str) -> LogServiceError:
    """The log group is larger than the service takes."""
    return LogServiceError(400, "PostBodyTooLarge", message)


def project_not_found(project: str) -> LogServiceError:
    """No such project in this region."""
    return LogServiceError(404, "ProjectNotExist", f"The Project does not exist : {project}")


def logstore_not_found(logstore: str) -> LogServiceError:
    """No such Logstore in the project."""
    return LogServiceError(404, "LogStoreNotExist", f"logstore {logstore} does not exist")


def unauthorized(message: str) -> LogServiceError:
    """The caller's key or token is not one of this account."""
    return LogServiceError(401, "Unauthorized", message)


def signature_not_match() -> LogServiceError:
    """The signature is not that of this request."""
    return LogServiceError(401, "SignatureNotMatch", "The signature we calculated does not match")


def request_time_expired() -> LogServiceError:
    """The date of the request is more than 15 minutes off."""
    return LogServiceError(400, "RequestTimeExpired", "The request time is expired")


def unsupported(operation: str) -> LogServiceError:
    """The local cloud does not have the operation."""
    return LogServiceError(405, "MethodNotAllowed", f"{operation} is not served by the local cloud")


def internal_error() -> LogServiceError:
    """The service failed."""
    return LogServiceError(500, "InternalServerError", "Internal server error")
