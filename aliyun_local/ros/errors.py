"""The errors that ROS answers with: status, code and message.

Sources: ROS, "Common error codes", and the tables of CreateStack, UpdateStack, CancelUpdateStack and
CreateChangeSet. :mod:`aliyun_local.ros.http.responses` writes them. A new error also needs a row in
:mod:`aliyun_local.ros.error_table`.
"""

from __future__ import annotations


class RosError(Exception):
    """A refused call; ``status`` is the HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the answer."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def missing_parameter(name: str) -> RosError:
    """400: a parameter is missing."""
    return RosError(400, "MissingParameter", f"The input parameter {name} should be specified.")


def invalid_value(name: str, reason: str) -> RosError:
    """400: a parameter has a value that is not taken."""
    return RosError(400, "InvalidParameter", f"The specified parameter {name} is invalid, {reason}.")


def stack_not_found(name: str) -> RosError:
    """404: there is no such stack."""
    return RosError(404, "StackNotFound", f"The Stack ({name}) could not be found.")


def stack_exists(name: str) -> RosError:
    """409: another stack has this name."""
    return RosError(409, "StackExists", f"The Stack ({name}) already exists.")


def action_in_progress(name: str, action: str) -> RosError:
    """409: the stack is being changed."""
    return RosError(409, "ActionInProgress", f"Stack {name} already has an action ({action}) in progress.")


def not_supported(reason: str) -> RosError:
    """400: the call asks for something that cannot be done, such as an update without a change."""
    return RosError(400, "NotSupported", reason)


def validation_failed(reason: str) -> RosError:
    """400: the template or its parameters are wrong."""
    return RosError(400, "StackValidationFailed", reason)
