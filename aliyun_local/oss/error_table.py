"""The errors of OSS, by operation, with their sources.

:data:`DOCUMENTED_ERRORS` has every documented error of the operations in :data:`CALLED_OPERATIONS`, and what
the local OSS answers to other operations. A test holds that the local OSS says nothing else.

Processing with ``x-oss-process`` is part of GetObject; its errors are there as well as at PostProcessTask.
"""

from __future__ import annotations

from aliyun_local.documented_error import OTHER_OPERATIONS, errors_of
from aliyun_local.oss.errors_of_other_operations import ROWS
from aliyun_local.oss.feature_errors import CALLBACKS, IMAGES, IMAGES_IN_THE_FAQ, IMAGES_LOCALLY

CALLED_OPERATIONS = (
    "GetObject",
    "HeadObject",
    "PutObject",
    "CopyObject",
    "ListObjects",
    "PostProcessTask",
    "DeleteObject",
    "GetBucketVersioning",
    "ListMultipartUploads",
)
_ALL = (*CALLED_OPERATIONS, OTHER_OPERATIONS)
_READING = ("GetObject", "HeadObject", "CopyObject", "PostProcessTask")
_READING_CONTENT = ("GetObject", "CopyObject", "PostProcessTask")
_WRITING = ("PutObject", "CopyObject", "PostProcessTask")
_PROCESSING = ("GetObject", "PostProcessTask")

_ERRORS = 'OSS, "Error responses"'
_403, _503 = 'OSS, "HTTP status code 403"', 'OSS, "HTTP status code 503"'
_IMAGES, _IMAGES_FAQ = 'OSS, "Image processing: error responses"', 'OSS, "FAQ about image processing"'
_EC = 'OSS, "EC error codes"'
_MEASURED = "measured on the real service by others, in public"
LOCAL = "the local OSS; the documents have no words for it"

DOCUMENTED_ERRORS = (
    # -- who the caller is, and whether it may ------------------------------------------------------------
    *errors_of(
        _ALL,
        _403,
        (403, "AccessDenied", "AccessDenied"),
        (403, "AccessDenied", "Access denied by authorizer's policy."),
        (403, "AccessDenied", "Access denied by bucket policy."),
        (403, "AccessDenied", "You have no right to access this object because of bucket acl."),
        (403, "AccessDenied", "You have no right to access this object because of object acl."),
        (403, "AccessDenied", "Anonymous access is forbidden for this operation."),
        (403, "AccessDenied", "Anonymous user has no right to access this bucket."),
        (403, "AccessDenied", "You are denied by bucket referer policy."),
        (403, "AccessDenied", "Request has expired."),
        (403, "AccessDenied", "Invalid date (should be seconds since epoch)."),
        (
            *(403, "AccessDenied"),
            "Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.",
        ),
        (
            *(403, "AccessDenied"),
            "The bucket you are attempting to access must be addressed using the specified endpoint. "
            "Please send all future requests to this endpoint.",
        ),
        (403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records."),
        (403, "InvalidAccessKeyId", "The OSS Access Key Id you provided is disabled."),
        (
            *(403, "SignatureDoesNotMatch"),
            "The request signature we calculated does not match the signature you provided.{advice}",
        ),
        (
            *(403, "RequestTimeTooSkewed"),
            "The difference between the request time and the current time is too large.",
        ),
        (403, "InvalidSecurityToken", "The security token you provided is invalid."),
        (403, "SecurityTokenExpired", "The security token you provided has expired."),
        (
            *(403, "AccessKeyIdAndSecurityTokenNotMatch"),
            "The OSS access key id and security token you provided does not match.",
        ),
        (403, "UserDisable", "UserDisable"),
        (403, "InDebt", "Current user is indebted"),
        (403, "InDebtOverdue", "Current user is indebted Overdue"),
        (403, "AbnormalBucketOwnerStatus", "The status of the bucket owner is abnormal."),
        (403, "BucketDisable", "BucketDisable"),
        (
            403,
            "NonStandardHostForbidden",
            "Your host is invalid. Please use Open Storage Service standard host.",
        ),
        (
            *(403, "SecondLevelDomainForbidden"),
            "The bucket you are attempting to access must be addressed using OSS third level domain.",
        ),
    ),
    *errors_of(
        _ALL,
        f"{_EC}, 0048-00000401",
        (
            400,
            "PublicEndpointForbidden",
            "Not allowed using the OSS public endpoint, please use CNAME instead.",
        ),
    ),
    *errors_of(
        _ALL,
        f"{_EC}, signatures",
        (
            *(403, "AccessDenied"),
            "OSS authentication requires a valid Date: the Date or x-oss-date header is missing or invalid.",
        ),
        (400, "InvalidArgument", "The Authorization header is invalid."),
        (400, "InvalidArgument", "Invalid signing region in {place}."),
        (400, "InvalidArgument", "Invalid signing product in Authorization header, should be 'oss'."),
        (400, "InvalidArgument", "x-oss-expires must be between 1 and {seconds} seconds."),
    ),
    *errors_of(
        _ALL,
        LOCAL,
        (403, "AccessDenied", "OSSAccessKeyId, Expires and Signature must stand in the URL together."),
        (403, "AccessDenied", "The request is not valid yet."),
        (
            *(400, "InvalidArgument"),
            "Only one of the Authorization header and a signature in the URL is allowed.",
        ),
        (400, "InvalidArgument", "A signed URL needs {names}."),
        (400, "InvalidArgument", "The credential of the signature is invalid."),
        (400, "InvalidArgument", "The signed header {name} is not in the request."),
        (400, "InvalidArgument", "The signing date and x-oss-date are not of the same day."),
        (400, "InvalidArgument", "The signing region in credential is invalid."),
        (400, "InvalidArgument", "The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD."),
        (400, "InvalidArgument", "The x-oss-signature-version of the URL is not supported."),
        (400, "InvalidArgument", "The header {name} holds a line break."),
    ),
    # -- the service itself -------------------------------------------------------------------------------
    *errors_of(
        _ALL,
        _503,
        (503, "ServiceUnavailable", "Thread pool is almost full, please retry later"),
        (503, "TotalQpsLimitExceeded", "Max total qps limit is exceeded"),
        (503, "ActiveRequestLimitExceeded", "Max active request limit is exceeded"),
    ),
    *errors_of(
        _ALL,
        f"{_EC}, 0004-00000302",
        (503, "QpsLimitExceeded", "Qps limit exceeded. Please reduce the frequency of your requests."),
    ),
    *errors_of(
        ("PutObject",),
        _503,
        (503, "UploadTrafficRateLimitExceeded", "Please reduce your upload request traffic"),
    ),
    *errors_of(
        ("GetObject",),
        _503,
        (503, "DownloadTrafficRateLimitExceeded", "Please reduce your download request traffic"),
    ),
    *errors_of(
        _PROCESSING,
        f"{_503}; {_EC}, 0004-00000801",
        (503, "CpuLimitExceeded", "Please reduce your request rate"),
    ),
    *errors_of(
        _ALL,
        _ERRORS,
        (500, "InternalError", "We encountered an internal error. Please try again."),
        (
            *(400, "RequestTimeout"),
            "Your socket connection to the server was not read from or written to within the timeout period."
            "{advice}",
        ),
        (400, "NotImplemented", "A header you provided implies functionality that is not implemented."),
        (405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
        (400, "InvalidBucketName", "The specified bucket is not valid."),
        (404, "NoSuchBucket", "The specified bucket does not exist."),
    ),
    *errors_of(
        _ALL,
        LOCAL,
        (501, "NotImplemented", "{feature} is not part of the local OSS."),
        (500, "InternalError", "The object changed faster than it could be read."),
    ),
    # -- one object ---------------------------------------------------------------------------------------
    *errors_of(
        (*_READING, *_WRITING, "DeleteObject", OTHER_OPERATIONS),
        _ERRORS,
        (400, "InvalidObjectName", "The specified object is not valid."),
        (400, "InvalidObjectName", "The Length of Object name must be less than 1024."),
    ),
    *errors_of(
        _READING,
        _ERRORS,
        (404, "NoSuchKey", "The specified key does not exist."),
        (404, "NoSuchVersion", "The specified version does not exist."),
        (404, "SymlinkTargetNotExist", "The symlink target object does not exist"),
        (400, "InvalidTargetType", "The symbolic's target object type is invalid"),
        (400, "InvalidArgument", "Invalid version id specified"),
        (400, "InvalidArgument", "Version id cannot be the empty string"),
        (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
        (304, "NotModified", "Not Modified"),
    ),
    *errors_of(
        _READING_CONTENT,
        _403,
        (403, "InvalidObjectState", "The operation is not valid for the object's state"),
    ),
    *errors_of(
        (*_READING_CONTENT, *_WRITING),
        _403,
        (403, "AccessDenied", "This request is forbidden by kms."),
        (403, "KmsUbsmsInvalidBid", "Your account partner does not have KMS Service."),
        (403, "KmsInDebt", "Current user is indebted."),
        (403, "KmsInDebtOverdue", "Current user is indebted Overdue."),
    ),
    *errors_of(
        _READING,
        _403,
        (403, "AccessDenied", "You do not have read permission on this object."),
        (403, "AccessDenied", "You have no right to access this object."),
    ),
    *errors_of(
        (*_WRITING, "DeleteObject"),
        _403,
        (403, "AccessDenied", "You do not have write permission on this object."),
    ),
    *errors_of(
        (*_WRITING, "DeleteObject"),
        _ERRORS,
        (409, "FileImmutable", "The object you specified is immutable."),
    ),
    *errors_of(
        ("GetObject",),
        'OSS, "GetObject"',
        (416, "InvalidRange", "The requested range cannot be satisfied."),
        (400, "InvalidRequest", "Response headers cannot be overridden in an anonymous request."),
        (400, "InvalidArgument", "An overridden response header holds a control character."),
    ),
    *errors_of(
        _WRITING,
        _ERRORS,
        (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."),
        (400, "InvalidDigest", "The Content-MD5 you specified is not valid."),
        (400, "InvalidDigest", "The Content-MD5 you specified did not match what we received."),
        (411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
        (
            *(400, "InvalidEncryptionAlgorithmError"),
            "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4.",
        ),
    ),
    *errors_of(
        ("PutObject", "CopyObject"),
        'OSS, "PutObject" and "Object tagging"',
        (409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten."),
        (400, "InvalidTag", "The TagKey you have provided is invalid."),
        (400, "InvalidTag", "The TagValue you have provided is invalid."),
        (400, "InvalidTag", "The tags hold the same key twice."),
        (400, "BadRequest", "Object tags cannot be greater than {count}."),
        (400, "InvalidArgument", "The ACL is not one of those that OSS knows."),
        (400, "InvalidArgument", "The storage class is not one of those that OSS knows."),
        (400, "InvalidArgument", "The user metadata is larger than 8 KB."),
        (400, "InvalidArgument", "A header of the object holds a control character."),
    ),
    *errors_of(
        ("CopyObject",),
        'OSS, "CopyObject"',
        (400, "InvalidArgument", "The copy source must be /bucket/key."),
        (400, "InvalidArgument", "The copy source holds a query that is no versionId."),
        (400, "InvalidArgument", "The {name} must be COPY or REPLACE."),
        (
            *(403, "AccessDenied"),
            "Target object does not reside in the same data center as source object.",
        ),
    ),
    *errors_of(
        ("ListObjects",),
        'OSS, "ListObjects"',
        (403, "AccessDenied", "You are forbidden to list buckets."),
        (400, "InvalidArgument", "Argument {name} must be an integer between {low} and {high}."),
        (400, "InvalidArgument", "The length of {name} must be less than or equal to {bytes}."),
        (400, "InvalidArgument", "Invalid Encoding Method specified in Request."),
    ),
    *errors_of(("PutObject",), 'OSS, "Callback"', *CALLBACKS),
    *errors_of(_PROCESSING, _IMAGES, *IMAGES),
    *errors_of(_PROCESSING, _IMAGES_FAQ, *IMAGES_IN_THE_FAQ),
    *errors_of(_PROCESSING, LOCAL, *IMAGES_LOCALLY),
    *errors_of(
        _PROCESSING,
        f"{_403}; with 400 {_MEASURED}",
        (403, "ImageDamage", "The image file may be damaged."),
        (400, "ImageDamage", "The image file may be damaged."),
    ),
    *ROWS,
)
