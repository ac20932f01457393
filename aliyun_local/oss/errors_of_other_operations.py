"""What the local OSS answers to operations that no client here calls.

The rows are a part of :mod:`aliyun_local.oss.error_table`. Not every documented error of these operations
is here.
"""

from __future__ import annotations

from aliyun_local.documented_error import OTHER_OPERATIONS, errors_of
from aliyun_local.oss.feature_errors import CALLBACKS

_ERRORS = 'OSS, "Error responses"'
_LOCAL = "the local OSS; the documents have no words for it"
_OTHER = (OTHER_OPERATIONS,)

ROWS = (
    *errors_of(
        _OTHER,
        _ERRORS,
        (404, "NoSuchKey", "The specified key does not exist."),
        (404, "NoSuchVersion", "The specified version does not exist."),
        (404, "NoSuchRegion", "The specified region does not exist."),
        (404, "SymlinkTargetNotExist", "The symlink target object does not exist"),
        (400, "InvalidTargetType", "The symbolic's target object type is invalid"),
        (400, "NotSymlink", "The object you specified is not a symlink."),
        (403, "InvalidObjectState", "The operation is not valid for the object's state"),
        (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
        (304, "NotModified", "Not Modified"),
        (400, "InvalidDigest", "The Content-MD5 you specified is not valid."),
        (400, "InvalidDigest", "The Content-MD5 you specified did not match what we received."),
        (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size."),
        (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size."),
        (411, "MissingContentLength", "You must provide the Content-Length HTTP header."),
        (400, "MalformedXML", "The XML you provided was not well-formed or did not validate."),
        (400, "InvalidTag", "The TagKey you have provided is invalid."),
        (400, "InvalidTag", "The TagValue you have provided is invalid."),
        (400, "BadRequest", "Object tags cannot be greater than {count}."),
        (409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten."),
        (409, "FileImmutable", "The object you specified is immutable."),
        (409, "BucketNotEmpty", "The bucket you tried to delete is not empty."),
        (
            *(400, "InvalidEncryptionAlgorithmError"),
            "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4.",
        ),
    ),
    *errors_of(
        _OTHER,
        'OSS, "AppendObject"',
        (409, "ObjectNotAppendable", "The object is not appendable."),
        (409, "PositionNotEqualToLength", "Position is not equal to file length."),
        (400, "MissingArgument", "Missing Some Required Arguments."),
    ),
    *errors_of(
        _OTHER,
        'OSS, "CompleteMultipartUpload"',
        (
            *(404, "NoSuchUpload"),
            "The specified upload does not exist: its ID is wrong, or it has been aborted or completed.",
        ),
        (
            400,
            "InvalidPart",
            "One or more of the specified parts could not be found or the ETag did not match.",
        ),
        (400, "InvalidPart", "An upload cannot be completed without parts."),
        (400, "InvalidPartOrder", "The list of parts was not in ascending order."),
        (400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive."),
    ),
    *errors_of(
        _OTHER,
        'OSS, "RestoreObject"',
        (400, "OperationNotSupported", "The operation is not supported for this resource."),
        (409, "RestoreAlreadyInProgress", "The restore operation is in progress."),
    ),
    *errors_of(
        _OTHER,
        'OSS, "PostObject"',
        (400, "IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request."),
        (
            400,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        ),
        (400, "InvalidPolicyDocument", "Invalid Policy: {reason}"),
        (403, "AccessDenied", "Invalid according to Policy: Policy expired."),
        (403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: {condition}"),
    ),
    *errors_of(
        _OTHER,
        "OSS, the documents of the configurations of a bucket",
        (404, "NoSuchBucketPolicy", "The bucket policy does not exist."),
        (404, "NoSuchCORSConfiguration", "The CORS Configuration does not exist."),
        (404, "NoSuchLifecycle", "No Row found in Lifecycle Table."),
        (404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration."),
        (404, "NoSuchServerSideEncryptionRule", "The server side encryption rule does not exist."),
        (404, "BucketCallbackPolicyNotExist", "The bucket callback policy does not exist."),
        (
            *(404, "NoSuchTransferAccelerationConfiguration"),
            "The bucket you specified does not have transfer acceleration configuration.",
        ),
        (400, "InvalidRequest", "Days and dates cannot stand in one lifecycle rule."),
        (400, "InvalidArgument", "'Days' for an action must be a positive integer."),
        (
            *(400, "InvalidArgument"),
            "Days in the Expiration action must be greater than Days in the Transition action.",
        ),
        (400, "InvalidArgument", "KMSMasterKeyID is not applicable if user is not using kms."),
    ),
    *errors_of(
        _OTHER,
        _LOCAL,
        (400, "InvalidArgument", "Days in the Transition actions must grow from class to colder class."),
        (400, "InvalidArgument", "NoncurrentDays must grow from class to colder class."),
        (400, "InvalidArgument", "StorageClass of a Transition action is not one that objects can move to."),
        (400, "InvalidArgument", "A tag of a lifecycle rule holds a character that tags cannot have."),
        (400, "InvalidArgument", "The policy is not a JSON object."),
        (400, "InvalidArgument", "The storage capacity must be -1 or a number of GB."),
        (400, "InvalidArgument", "The restore tier is not one of Expedited, Standard and Bulk."),
        (400, "InvalidArgument", "The encryption of an upload is set when it is initiated, and not later."),
        (400, "InvalidArgument", "x-oss-complete-all does not go with a list of parts."),
        (400, "InvalidArgument", "The continuation token is not valid."),
        (400, "InvalidArgument", "A version-id marker cannot be specified without a key marker."),
        (400, "InvalidArgument", "Invalid version id specified"),
        (400, "InvalidArgument", "Version id cannot be the empty string"),
        (400, "InvalidArgument", "Invalid Encoding Method specified in Request."),
        (400, "InvalidArgument", "Argument {name} must be an integer between {low} and {high}."),
        (400, "InvalidArgument", "The length of {name} must be less than or equal to {bytes}."),
        (400, "InvalidArgument", "The ACL is not one of those that OSS knows."),
        (400, "InvalidArgument", "The storage class is not one of those that OSS knows."),
        (400, "InvalidArgument", "The user metadata is larger than 8 KB."),
        (400, "InvalidArgument", "A header of the object holds a control character."),
        (400, "InvalidArgument", "The copy source must be /bucket/key."),
        (400, "InvalidArgument", "The copy source holds a query that is no versionId."),
        (400, "InvalidArgument", "The {name} must be COPY or REPLACE."),
        (400, "InvalidArgument", "The form needs a field key."),
        (400, "InvalidArgument", "A field of the form is not UTF-8."),
        (400, "InvalidArgument", "The signature version of the form is not supported."),
        (400, "InvalidTag", "The tags hold the same key twice."),
        (400, "MalformedXML", "The versioning status must be Enabled or Suspended."),
        (400, "MalformedXML", "A request deletes 1 to {count} objects."),
        (400, "MalformedXML", "A PartNumber is not a number."),
    ),
    *errors_of(_OTHER, 'OSS, "Callback"', *CALLBACKS),
)
