"""The one table that says which error of which service is of which kind, with its sources.

To teach the product another code, add a row here, and its words to ``remedies_of_services``. Used by
:mod:`shared.domain.error_kinds`.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.dashscope_codes import FAILED_DOWNLOADS, FINDINGS_ABOUT_A_PICTURE
from shared.domain.trouble_kinds import Api, Kind, Service


class Row(NamedTuple):
    """One row of a table.

    ``code`` stands for itself and for its sub-codes (``Throttling`` for ``Throttling.RateQuota``) unless
    these have rows of their own. ``says``, a part of the message in lower case, tells shared codes apart.
    ``only`` is the one API that the row is about. ``refuses``: whether the service says with it that it has
    done nothing; what it blames on itself may have been done all the same.
    """

    code: str
    kind: Kind
    says: str = ""
    only: Api | None = None
    refuses: bool = True


_P, _O, _PERSON, _API, _ACCOUNT = Kind.PASSING, Kind.OBJECT, Kind.PERSON, Kind.API, Kind.ACCOUNT
_PICTURE, _GONE, _U = Kind.PICTURE, Kind.GONE, Kind.UNKNOWN

# The sources stand with the codes: :mod:`shared.domain.dashscope_codes`. Second names (``invalid_api_key``)
# are those of DashScope's compatible mode.
_DASHSCOPE = (
    # A throttling passes, unless its words name a stock that waiting does not refill.
    Row("Throttling", _API, says="only 20"),
    Row("Throttling", _API, says="allowed per user"),
    Row("Throttling", _API, says="free allocated quota exceeded"),
    Row("Throttling", _P),
    # The key, the bill, the workspace, the service as a whole.
    Row("InvalidApiKey", _ACCOUNT),
    Row("NOT AUTHORIZED", _ACCOUNT),
    Row("Arrearage", _ACCOUNT),
    Row("CommodityNotPurchased", _ACCOUNT),
    Row("PrepaidBillOverdue", _ACCOUNT),
    Row("PostpaidBillOverdue", _ACCOUNT),
    Row("Workspace", _ACCOUNT),
    Row("WorkSpaceNotFound", _ACCOUNT),
    Row("AccessDenied.Unpurchased", _ACCOUNT),
    # One model: not applied for, its free allowance used up, retired, or misspelt by us.
    Row("AccessDenied", _API),
    Row("AllocationQuota", _API),
    Row("Model", _API),
    Row("ModelNotFound", _API),
    Row("Endpoint", _API),
    Row("InvalidParameter", _API, says="model not exist"),
    # A face check names nothing that could be gone.
    Row("NotFound", _API, only=Api.FACE_CHECK),
    Row("NotFound", _API, says="path not found"),
    Row("NotFound", _GONE),
    Row("InvalidParameter", _GONE, says="file not found", only=Api.TRAINING),
    # The URL could not be fetched: this once, for this picture, or for every picture (an account whose
    # bucket DashScope cannot reach). The evidence tells.
    *(Row(code, _U) for code in FAILED_DOWNLOADS),
    # The request has another shape than the API wants, or one of its pictures has: no word tells which.
    Row("InvalidParameter", _U),
    Row("InvalidFile", _U),
    Row("InvalidImage", _U),
    Row("BadRequest", _U),
    Row("Conflict", _U),
    Row("Resource", _U),
    Row("UnsupportedOperation", _U),
    Row("UnsupportedOperation", _O, only=Api.TRAINING),
    # The file service keeps 100 files for all; one file may be too large for it, or for the room left.
    Row("BadRequest.TooMany", _API),
    Row("BadRequest.TooLarge", _API, says="out of space"),
    Row("BadRequest.TooLarge", _O, only=Api.TRAINING),
    Row("BadRequest.UnsupportedFileFormat", _PICTURE),
    *(Row(code, _PICTURE) for code in FINDINGS_ABOUT_A_PICTURE),
    # The service's own faults. They leave open what has been done, whatever status they come with.
    Row("InternalError", _P, refuses=False),
    Row("SystemError", _P, refuses=False),
    Row("RequestTimeOut", _P, refuses=False),
    Row("ModelServiceFailed", _P, refuses=False),
    Row("ModelServingError", _P, refuses=False),
    Row("ModelUnavailable", _P, refuses=False),
)

# OSS, "Error codes" by HTTP status; "GetObject"; "Image processing", its error responses and its FAQ. The
# code decides: EC numbers may change ("Error responses"), and of statuses ImageDamage has two, 400 and 403.
_OSS = (
    # Gone, or not any more as it was looked at.
    Row("NoSuchKey", _GONE),
    Row("NoSuchFile", _GONE),
    Row("NoSuchVersion", _GONE),
    Row("PreconditionFailed", _GONE),
    Row("InvalidRange", _GONE),
    # One object: what it is, how it is stored, what it is called.
    Row("SymlinkTargetNotExist", _O),
    Row("InvalidTargetType", _O),
    Row("InvalidObjectState", _O),
    Row("InvalidObjectName", _O),
    Row("FileImmutable", _O),
    # Of our requests only the object's name makes one longer than another.
    Row("RequestURITooLong", _O),
    Row("RequestHeaderTooLarge", _O),
    # The account, its bill and its bucket, and the address and credentials of the deployment.
    Row("NoSuchBucket", _ACCOUNT),
    Row("InvalidBucketName", _ACCOUNT),
    Row("BucketDisable", _ACCOUNT),
    Row("BucketNotBelongTo", _ACCOUNT),
    Row("AbnormalBucketOwnerStatus", _ACCOUNT),
    Row("UserDisable", _ACCOUNT),
    Row("InDebt", _ACCOUNT),
    Row("InDebtOverdue", _ACCOUNT),
    Row("InvalidAccessKeyId", _ACCOUNT),
    Row("SignatureDoesNotMatch", _ACCOUNT),
    Row("InvalidSecurityToken", _ACCOUNT),
    Row("AccessKeyIdAndSecurityTokenNotMatch", _ACCOUNT),
    Row("SecurityTokenNotSupported", _ACCOUNT),
    Row("PublicEndpointForbidden", _ACCOUNT),
    Row("PermanentRedirect", _ACCOUNT),
    Row("SecondLevelDomainForbidden", _ACCOUNT),
    Row("NonStandardHostForbidden", _ACCOUNT),
    Row("CnameDenied", _ACCOUNT),
    Row("AccessDenied", _ACCOUNT, only=Api.LISTING),
    Row("AccessDenied", _ACCOUNT, says="specified endpoint"),
    # One object's ACL or key, or what the function's role may do everywhere: the evidence tells.
    Row("AccessDenied", _U),
    Row("KmsUbsmsInvalidBid", _U),
    Row("UbsmsInvalidBid", _U),
    Row("KmsInDebt", _U),
    Row("KmsInDebtOverdue", _U),
    # Findings about a picture.
    Row("ImageDamage", _PICTURE),
    Row("BadWebPImage", _PICTURE),
    Row("ImageTooLarge", _PICTURE),
    Row("MemLimitExceeded", _PICTURE),
    Row("BadRequest", _PICTURE, says="image format is not supported", only=Api.PROCESSING),
    Row("BadRequest", _PICTURE, says="maximum allowable rotation range", only=Api.PROCESSING),
    # Documented of parameters alone. A picture that the local OSS cannot read is refused with it too.
    Row("InvalidArgument", _PICTURE, says="image format is not supported", only=Api.PROCESSING),
    Row("InvalidArgument", _PICTURE, says="source image cannot be decoded", only=Api.PROCESSING),
    # What we asked for, and we ask the same of every picture.
    Row("BadRequest", _U),
    Row("InvalidArgument", _U),
    Row("MissingArgument", _U),
    Row("WatermarkError", _U),
    Row("InvalidRequest", _U),
    Row("NotImplemented", _U),
    Row("MethodNotAllowed", _U),
    Row("FileAlreadyExists", _U),
    Row("EntityTooLarge", _U),
    Row("MissingContentLength", _U),
    Row("HTTPVersionNotSupported", _U),
    # What we never ask for: conditions on a time, styles, tags, encryption, callbacks.
    Row("NotModified", _U),
    Row("TooManyPipe", _U),
    Row("NoSuchStyle", _U),
    Row("InvalidTag", _U),
    Row("InvalidEncryptionAlgorithmError", _U),
    Row("CallbackFailed", _U),
    # Bytes that were damaged on the way.
    Row("InvalidDigest", _P),
    Row("RequestTimeout", _P),
    Row("RequestTimeTooSkewed", _P),
    # The next invocation has new credentials.
    Row("SecurityTokenExpired", _P),
    Row("StaleFile", _P),
    Row("QpsLimitExceeded", _P),
    Row("TotalQpsLimitExceeded", _P),
    Row("MetaOperationQpsLimitExceeded", _P),
    Row("ActiveRequestLimitExceeded", _P),
    Row("CpuLimitExceeded", _P),
    Row("DownloadTrafficRateLimitExceeded", _P),
    Row("UploadTrafficRateLimitExceeded", _P),
    Row("InternalError", _P),
    Row("ServiceUnavailable", _P),
)

# Tablestore, "Error codes" (2026): what calls that read and write rows may meet. Codes without a remark stand
# there; "SDK": among those that the vendor's clients repeat (``tablestore.retry`` for Python, Go, C++).
_TABLESTORE = (
    # The service as a whole, for moments.
    Row("OTSServerBusy", _P),
    Row("OTSStorageServerBusy", _P),  # SDK
    Row("OTSServerUnavailable", _P),
    Row("OTSInternalServerError", _P),
    Row("OTSTimeout", _P),
    Row("OTSRequestTimeout", _P),
    Row("OTSTableNotReady", _P),
    Row("OTSFlowControl", _P),
    Row("OTSOperationThrottled", _P),  # SDK
    Row("OTSOperationConflict", _P),  # SDK
    Row("OTSConditionCheckFail", _P),
    # One partition, which is one person's: moved, split, or out of its units. Or one row, in another's hands.
    Row("OTSPartitionUnavailable", _PERSON),
    Row("OTSRowOperationConflict", _PERSON),
    Row("OTSCapacityUnitExhausted", _PERSON),
    Row("OTSNotEnoughCapacityUnit", _PERSON),  # SDK
    # What is written is too much, or no text: one row's.
    Row("OTSOutOfRowSizeLimit", _O),
    Row("OTSOutOfColumnCountLimit", _O),
    Row("OTSRequestBodyTooLarge", _O),
    Row("OTSParameterInvalid", _O, says="exceeds the limit"),
    Row("OTSParameterInvalid", _O, says="maxlength"),
    Row("OTSParameterInvalid", _O, says="must be utf8"),
    Row("OTSParameterInvalid", _U),
    Row("OTSMissingHeader", _U),  # the vendor's tests; the page calls it OTSParameterInvalid
    Row("OTSUnsupportOperation", _U),  # likewise
    Row("OTSMethodNotAllowed", _U),
    # Of transactions, which we never begin.
    Row("OTSSessionNotExist", _U),
    Row("OTSDataOutOfRange", _U),
    Row("OTSOutOfTransactionDataSizeLimit", _U),
    # The tables are not there, or not as this code expects them.
    Row("OTSObjectNotExist", _API),
    Row("OTSInvalidPK", _API),
    Row("OTSNoPermissionAccess", _API),
    # Key, account, instance and its network. A clock that is wrong and a body that was damaged pass.
    Row("OTSAuthFailed", _P, says="mismatch between"),
    Row("OTSAuthFailed", _ACCOUNT),
    Row("OTSQuotaExhausted", _P, says="too frequent"),
    Row("OTSQuotaExhausted", _ACCOUNT),
)

TABLES: dict[Service, tuple[Row, ...]] = {
    Service.DASHSCOPE: _DASHSCOPE,
    Service.OSS: _OSS,
    Service.TABLESTORE: _TABLESTORE,
}
