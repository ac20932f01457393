"""Why a command of the operator ends without success, and the exit status that says so.

Each message says what to do next. No message holds a secret: whatever a service answers goes through
:func:`without_secrets` on its way here.
"""

from __future__ import annotations

import re

DONE = 0
FAILED = 1
"""It was tried, and it failed: the stack, or the smoke test."""
NOT_STARTED = 2
"""Nothing was changed: what was typed, the credentials or the account do not allow it yet."""
REFUSED = 3
"""Nothing was changed: data would be lost, or whoever was asked said no."""
BUSY = 4
"""Another operation on the stack is in progress."""
INTERRUPTED = 130
"""Ctrl-C. What was begun at ROS goes on there; the same command attaches to it."""

EXIT_STATUSES = {
    DONE: "done",
    FAILED: "it was tried and it failed: the stack, or the smoke test",
    NOT_STARTED: "nothing was changed: the command line, the credentials or the account do not allow it yet",
    REFUSED: "nothing was changed: data would be lost, or whoever was asked said no",
    BUSY: "another operation on the stack is in progress",
    INTERRUPTED: "interrupted; the same command resumes",
}

# Signatures and keys as they stand in addresses and in the texts of errors.
_SECRET = re.compile(
    r"(?i)\b(sk-[A-Za-z0-9-]{8})[A-Za-z0-9-]+"
    r"|((?:signature|securitytoken|security-token|accesskeyid|ossaccesskeyid)=)[^&\s\"']+"
)


class StageError(RuntimeError):
    """A command cannot go on; the text says why and what to do."""

    status = FAILED

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(without_secrets(f"{message}\n{remedy}" if remedy else message))
        self.remedy = without_secrets(remedy)


class NotStarted(StageError):
    """Nothing was changed: something has to be given or switched on first."""

    status = NOT_STARTED


class Refused(StageError):
    """Nothing was changed: it would lose data, or somebody said no."""

    status = REFUSED


class Busy(StageError):
    """Another operation is in progress."""

    status = BUSY


class ServiceError(StageError):
    """A service answered with an error.

    Attributes:
        code: the service's own code, such as ``StackNotFound``.
        http_status: the status of the answer, 0 when there was none.
        request_id: by which the vendor's support finds the call.
    """

    def __init__(
        self, service: str, code: str, message: str, *, http_status: int = 0, request_id: str = ""
    ) -> None:
        trace = f" (request {request_id})" if request_id else ""
        super().__init__(f"{service}: {code}: {message}{trace}", remedy_of(code, message))
        self.code, self.http_status, self.request_id = code, http_status, request_id


def without_secrets(text: str) -> str:
    """Return ``text`` without what could be a key, a signature or a session token."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}***", text)


def remedy_of(code: str, message: str = "") -> str:
    """Return what to do about an error of a service; empty when nothing better is known than its words."""
    text = f"{code} {message}"
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, text):
            return remedy
    return ""


# ROS, "Error codes"; RAM, "Error codes of RAM"; Function Compute, "Error codes".
_REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"InvalidAccessKeyI[dD]|SignatureDoesNotMatch|SignatureNotMatch|IncompleteSignature|InvalidSecurityToken",
        "The access key is wrong, disabled or expired: check the profile (ALIBABA_CLOUD_PROFILE) or the "
        "environment, and https://ram.console.aliyun.com/manage/ak",
    ),
    (
        r"PassRole",
        "The deploying identity lacks ram:PassRole, by which functions get their roles: attach a policy that "
        "allows it, as docs/deploying.md shows, at https://ram.console.aliyun.com/policies",
    ),
    (
        r"NoPermission|Forbidden(?!\.Release)|AccessDenied|Unauthorized|NotAuthorized|ImplicitDeny",
        "The deploying identity lacks a right: attach the policy of docs/deploying.md to it at "
        "https://ram.console.aliyun.com/policies",
    ),
    (
        r"Throttling|TooManyRequests|FlowControl",
        "The account makes too many calls at once: try again in a minute.",
    ),
    (
        r"Arrearage|InvalidAccountStatus|UserInDebt|NotEnoughBalance",
        "The account is in arrears: https://usercenter2.aliyun.com",
    ),
    (
        r"BucketAlreadyExists|BucketNameConflict",
        "Another account has a bucket of this name: choose one by --parameter BucketName=...",
    ),
    (
        r"EntityAlreadyExists\.Role",
        "A role of this name is left from elsewhere: delete it at https://ram.console.aliyun.com/roles, or "
        "choose another AppName",
    ),
)
