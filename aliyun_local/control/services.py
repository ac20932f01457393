"""The names of services and operations that tests use, and the error by which each service throttles.

:mod:`aliyun_local.control.faults` and :mod:`aliyun_local.control.controls` look names up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from aliyun_local.control.errors import ControlError
from aliyun_local.dashscope.errors import ERRORS
from aliyun_local.dashscope.http.operations import DOWNLOAD_OPERATION
from aliyun_local.dashscope.http.operations import OPERATIONS as DASHSCOPE_OPERATIONS
from aliyun_local.function_compute.http.operations import OPERATIONS as FUNCTION_COMPUTE_OPERATIONS
from aliyun_local.log_service.http.responses import OPERATIONS as LOG_SERVICE_OPERATIONS
from aliyun_local.oss.http.operations import OPERATIONS as OSS_OPERATIONS
from aliyun_local.ros.http.operations import OPERATIONS as ROS_OPERATIONS
from aliyun_local.serving.wire import ANY_OPERATION, Front, Refusal
from aliyun_local.tablestore.http.operations import OPERATIONS as TABLESTORE_OPERATIONS

# By the short names that the local clouds have for their fronts, the names that users have for the services.
NAMES = {
    "oss": "oss",
    "ots": "tablestore",
    "dashscope": "dashscope",
    "fc": "fc",
    "http": "http",
    "sls": "sls",
    "ros": "ros",
}

OPERATIONS: Mapping[str, frozenset[str]] = {
    "oss": frozenset(operation.name for operation in OSS_OPERATIONS),
    "tablestore": frozenset(TABLESTORE_OPERATIONS),
    "dashscope": frozenset(operation.name for operation in DASHSCOPE_OPERATIONS) | {DOWNLOAD_OPERATION},
    "fc": frozenset(operation.name for operation in FUNCTION_COMPUTE_OPERATIONS),
    "http": frozenset({"InvokeHTTPTrigger"}),
    "sls": LOG_SERVICE_OPERATIONS,
    "ros": frozenset(ROS_OPERATIONS),
}

_CONCURRENCY_EXHAUSTED = Refusal(
    status=429, code="ResourceExhausted", message="the function's reserved concurrency is used up"
)
# The codes are those in each service's own list of errors.
THROTTLING: Mapping[str, Refusal] = {
    "oss": Refusal(
        status=503,
        code="QpsLimitExceeded",
        message="Qps limit exceeded. Please reduce the frequency of your requests.",
    ),
    "tablestore": Refusal(status=503, code="OTSServerBusy", message="Server is busy."),
    "dashscope": Refusal(
        status=ERRORS["Throttling.RateQuota"][0],
        code="Throttling.RateQuota",
        message=ERRORS["Throttling.RateQuota"][1],
    ),
    "fc": _CONCURRENCY_EXHAUSTED,
    "http": _CONCURRENCY_EXHAUSTED,
    "sls": Refusal(status=403, code="ReadQuotaExceed", message="read quota is exceeded"),
    "ros": Refusal(
        status=400, code="Throttling.User", message="Request was denied due to user flow control."
    ),
}


def find_front(fronts: Mapping[str, Front], service: str) -> Front:
    """Return the front of ``service``.

    Raises:
        ControlError: the service does not exist in this cloud.
    """
    for short, front in fronts.items():
        if service == NAMES[short]:
            return front
    known = ", ".join(NAMES[short] for short in fronts)
    raise ControlError(f"there is no service {service!r} here; the services are {known}")


def check_operation(service: str, operation: str) -> None:
    """Refuse the name of an operation that ``service`` does not have.

    Raises:
        ControlError: the operation does not exist.
    """
    if operation == ANY_OPERATION or operation in OPERATIONS[service]:
        return
    near = get_close_matches(operation, OPERATIONS[service], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"use {ANY_OPERATION!r} for all of them"
    raise ControlError(f"{service} has no operation {operation!r}; {hint}")
