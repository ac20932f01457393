"""The errors of DashScope, by operation, with their sources.

:data:`DOCUMENTED_ERRORS` has every documented error of the operations in :data:`CALLED_OPERATIONS`. A test
holds that the local DashScope says nothing else. The first row of a code in :data:`API_ERRORS` has its usual
status and message.

A row with the status 200 is the failure of a fine-tune or task, told in the answer to the call that asks for
it, or the refusal of one file of an upload.
"""

from __future__ import annotations

from aliyun_local.dashscope.picture_errors import CONTENT, PICTURES, URLS, WORK
from aliyun_local.documented_error import IN_PART, OTHER_OPERATIONS, DocumentedError, errors_of

CALLED_OPERATIONS = (
    "CreateFineTune",
    "ListFineTunes",
    "GetFineTune",
    "CancelFineTune",
    "DeleteFineTune",
    "UploadFiles",
    "ListFiles",
    "GetFile",
    "DeleteFile",
    "DetectFaces",
    "GeneratePortraits",
    "GetTask",
    "ListTasks",
)
_ALL = (*CALLED_OPERATIONS, OTHER_OPERATIONS)
_MODELS = ("CreateFineTune", "DetectFaces", "GeneratePortraits")
_ONE_FINE_TUNE = ("GetFineTune", "CancelFineTune", "DeleteFineTune")
_OUTCOMES = ("GetFineTune", "ListFineTunes", "GetTask")
_OTHER = (OTHER_OPERATIONS,)

_PAGE = 'Model Studio, "Error messages"'
_FINE_TUNES = 'Model Studio, "facechain-finetune API", errors'
_FILES = 'Model Studio, "File management API"'
_RECORDED = "recorded from the service by others, in public"
_GATEWAY = "the service's gateway, which answers with a page of its own; the vendor's client expects it"


def _in_part(*errors: tuple[int, str, str]) -> tuple[tuple[int, str, str], ...]:
    return tuple((IN_PART, code, message) for _, code, message in errors)


API_ERRORS: tuple[DocumentedError, ...] = (
    # -- parameters ---------------------------------------------------------------------------------------
    *errors_of(
        _ALL,
        _PAGE,
        (
            *(400, "InvalidParameter"),
            "Required parameter(s) missing or invalid, please check the request parameters.",
        ),
        (
            *(400, "InvalidParameter"),
            "Required parameter({name}) missing or invalid, please check the request parameters.",
        ),
        (400, "BadRequest.IllegalInput", "The input parameter requires json format."),
        (400, "UnsupportedOperation", "The operation is unsupported on the referee object."),
    ),
    *errors_of(
        _ALL,
        _RECORDED,
        (400, "InvalidParameter", "Required body invalid, please check the request body format."),
        (400, "InvalidParameter", "Request method '{method}' is not supported."),
        (400, "InvalidParameter", "url error, please check url！"),
    ),
    # -- who the caller is, and whether it may ------------------------------------------------------------
    *errors_of(
        _ALL,
        _PAGE,
        (401, "InvalidApiKey", "Invalid API-key provided."),
        (401, "InvalidApiKey", "Incorrect API key provided."),
        (
            *(401, "NOT AUTHORIZED"),
            "Access denied: Either you are not authorized to access this workspace, or the workspace does "
            "not exist. Please:\\nVerify the workspace configuration.\\nCheck your API endpoint settings. "
            "Ensure you are targeting the correct environment.",
        ),
        (403, "AccessDenied", "Access denied."),
        (403, "Workspace.AccessDenied", "Workspace access denied."),
        (404, "WorkSpaceNotFound", "WorkSpace can not be found."),
        (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        (429, "CommodityNotPurchased", "Commodity has not purchased yet."),
        (429, "PrepaidBillOverdue", "The prepaid bill is overdue."),
        (429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
    ),
    *errors_of(
        _MODELS,
        _PAGE,
        (
            *(403, "AccessDenied.Unpurchased"),
            "Access to model denied. Please make sure you are eligible for using the model.",
        ),
        (403, "Model.AccessDenied", "Model access denied."),
        (403, "Endpoint.AccessDenied", "Workspace endpoint access denied."),
        (
            *(403, "AllocationQuota.FreeTierOnly"),
            "The free tier of the model has been exhausted. If you want to continue access the model on a "
            "paid "
            'basis, please disable the "use free tier only" mode in the management console.',
        ),
        (404, "ModelNotFound", "Model can not be found."),
        (404, "ModelNotFound", "The model {name} does not exist."),
        (404, "ModelNotFound", "The model {name} does not exist or you do not have access to it."),
        (400, "BadRequest.EmptyInput", "Required input parameter missing from request."),
        (400, "BadRequest.EmptyParameters", 'Required parameter "parameters" missing from request.'),
        (400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.'),
        (400, "BadRequest.ResourceNotExist", "The Required resource not exist."),
    ),
    *errors_of(
        _MODELS,
        _RECORDED,
        (400, "InvalidParameter", "Model not exist."),
        (404, "InvalidParameter", "Model not exist."),
    ),
    *errors_of(
        ("DetectFaces", "UploadFiles"),
        _PAGE,
        (403, "AccessDenied", "Current user api does not support asynchronous calls."),
    ),
    *errors_of(
        ("GeneratePortraits",),
        _PAGE,
        (403, "AccessDenied", "current user api does not support synchronous calls."),
    ),
    *errors_of(
        ("GeneratePortraits",),
        f'Model Studio, "facechain-generation API", which names the code; the message is {_RECORDED}',
        (403, "Resource.AccessDenied", "Access to the resource is denied."),
    ),
    # -- too much, and the service itself -----------------------------------------------------------------
    *errors_of(
        _ALL,
        _PAGE,
        (429, "Throttling", "Requests throttling triggered."),
        (429, "Throttling", "Too many requests in route. Please try again later."),
        (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
        (429, "Throttling.RateQuota", "You have exceeded your request limit."),
        (429, "Throttling.RateQuota", "You exceeded your current requests list."),
        (
            *(429, "Throttling.BurstRate"),
            "Request rate increased too quickly. To ensure system stability, please adjust your client "
            "logic to scale requests more smoothly over time.",
        ),
        (429, "Throttling.Concurrency", "Too many concurrent requests."),
        (500, "InternalError", "Internal server error!"),
        (
            *(500, "InternalError"),
            "An internal error has occured, please try again later or contact service support.",
        ),
        (500, "SystemError", "An system error has occured, please try again later."),
        (500, "RequestTimeOut", "Request timed out, please try again later."),
        (500, "RequestTimeOut", "Response timeout!"),
    ),
    *errors_of(
        _MODELS,
        _PAGE,
        (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
        (
            *(429, "Throttling.AllocationQuota"),
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        (429, "Throttling.AllocationQuota", "Free allocated quota exceeded."),
        (
            *(429, "Throttling.AllocationQuota"),
            "Too many requests. Batch requests are being throttled due to system capacity limits. Please try "
            "again later.",
        ),
    ),
    *errors_of(_MODELS, _PAGE, *WORK),
    *errors_of(
        _ALL,
        _GATEWAY,
        (502, "", "<html><head><title>502 Bad Gateway</title></head></html>"),
        (503, "", "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"),
        (504, "", "<html><head><title>504 Gateway Time-out</title></head></html>"),
    ),
    # -- fine-tunes ---------------------------------------------------------------------------------------
    *errors_of(
        ("CreateFineTune",),
        _FINE_TUNES,
        (400, "InvalidParameter", "Missing training files."),
        (409, "Conflict", "Model instance {name} already exists, please specify a suffix"),
        (429, "Throttling", "Too many fine-tune job in running, please retry later"),
    ),
    *errors_of(
        ("CreateFineTune",),
        _PAGE,
        (
            *(429, "Throttling"),
            "Only {count=20} fine-tune job in running or succeeded allowed per user.",
        ),
    ),
    *errors_of(
        ("CancelFineTune", "DeleteFineTune"),
        _FINE_TUNES,
        (
            *(400, "UnsupportedOperation"),
            "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
        ),
    ),
    *errors_of((*_ONE_FINE_TUNE, "GetTask"), _PAGE, (404, "NotFound", "Not found!")),
    *errors_of(
        (*_ONE_FINE_TUNE, *_OTHER),
        _FINE_TUNES,
        (404, "NotFound", "job {job_id=ft-202601020304-05ab} not found."),
    ),
    # -- files --------------------------------------------------------------------------------------------
    *errors_of(
        ("CreateFineTune", "GetFile", "DeleteFile"), _RECORDED, (400, "InvalidParameter", "File not found.")
    ),
    *errors_of(
        ("UploadFiles",),
        _PAGE,
        (400, "BadRequest.TooLarge", "Payload Too Large."),
        (400, "BadRequest.UnsupportedFileFormat", "Input file format is not supported."),
        (400, "BadRequest.UnsupportedFileFormat", "File format unsupported."),
    ),
    *errors_of(
        ("UploadFiles",),
        _FILES,
        (
            IN_PART,
            "BadRequest.TooMany",
            "Out of number, <{count=100}> of <{limit=100}> files has been uploaded.",
        ),
        (
            *(IN_PART, "BadRequest.TooLarge"),
            "Out of space, <{used=839}> B of <{limit=1024}> B storage space has been used.",
        ),
        (IN_PART, "BadRequest.TooLarge", "Payload Too Large."),
    ),
    # -- pictures -----------------------------------------------------------------------------------------
    *errors_of(_MODELS, _PAGE, *URLS, *PICTURES, *CONTENT),
    *errors_of(_OUTCOMES, _PAGE, *_in_part(*URLS, *PICTURES, *CONTENT, *WORK)),
    # -- other operations ---------------------------------------------------------------------------------
    *errors_of(
        _OTHER,
        _RECORDED,
        (
            *(400, "UnsupportedOperation"),
            "Failed to cancel the task, please confirm if the task is in PENDING status.",
        ),
    ),
)
DOWNLOAD_ERRORS = tuple(
    errors_of(
        ("GetObject",),
        "OSS, which serves the URLs of results",
        (404, "NoSuchKey", "The specified key does not exist."),
        (403, "AccessDenied", "You have no right to access this object."),
        (403, "AccessDenied", "Request has expired."),
        (
            *(403, "SignatureDoesNotMatch"),
            "The request signature we calculated does not match the signature you provided.{advice}",
        ),
        (405, "MethodNotAllowed", "The specified method is not allowed."),
    )
)
DOCUMENTED_ERRORS = (*API_ERRORS, *DOWNLOAD_ERRORS)
