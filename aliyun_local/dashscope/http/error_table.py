"""The errors that any call may meet, whatever it asks for: the account's, the platform's, the gateway's.

Source: Model Studio, "Error messages". A test picks one by its code, for
:attr:`~aliyun_local.dashscope.account.behaviour.Behaviour.refused` or for a fault.
"""

from __future__ import annotations

from aliyun_local.dashscope.errors import ServiceError

_SERVICE_TROUBLE = "An internal error has occured, please try again later or contact service support."
_THROTTLED = "Requests rate limit exceeded, please try again later."

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
    "Throttling.RateQuota": (429, _THROTTLED),
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


def error_of(code: str) -> ServiceError:
    """Return the error with this code.

    Raises:
        KeyError: there is none in the table.
    """
    status, message = ERRORS[code]
    return ServiceError(status, code, message)
