"""The errors that OSS answers with, as exceptions: status, code, message and EC.

State, signing, images and handlers raise them; :mod:`aliyun_local.oss.http.responses` makes documents of
them. Codes and EC numbers are those of OSS's "Error codes" and "EC error codes" documents. An EC that the
documents give no single cause for is left empty. A new error also needs a row in
:mod:`aliyun_local.oss.error_table`.
"""

from __future__ import annotations


class OssError(Exception):
    """An error answer. ``details`` become elements of its XML, ``headers`` become response headers."""

    def __init__(self, status: int, code: str, message: str, ec: str = "", **details: str) -> None:
        """Hold the parts of the answer; ``status`` is the HTTP status."""
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.ec = ec
        self.details = details
        self.headers: dict[str, str] = {}


def no_such_bucket(bucket: str) -> OssError:
    """404: the bucket does not exist."""
    return OssError(
        404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101", BucketName=bucket
    )


def no_such_key(key: str) -> OssError:
    """404: the object does not exist."""
    return OssError(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", Key=key)


def no_such_upload(upload_id: str) -> OssError:
    """404: the multipart upload does not exist, or no longer."""
    message = "The specified upload does not exist: its ID is wrong, or it has been aborted or completed."
    return OssError(404, "NoSuchUpload", message, UploadId=upload_id)


def file_already_exists(*, completing: bool = False) -> OssError:
    """409: ``x-oss-forbid-overwrite`` and an existing object; completing an upload has an EC of its own."""
    message = "The object you specified already exists and can not be overwritten."
    return OssError(409, "FileAlreadyExists", message, "0042-00000214" if completing else "0026-00000002")


def position_not_equal_to_length(length: int) -> OssError:
    """409: an append does not begin where the object ends; oss2 requires the header with that position."""
    message = "Position is not equal to file length."
    error = OssError(409, "PositionNotEqualToLength", message, "0026-00000016")
    error.headers["x-oss-next-append-position"] = str(length)
    return error


def invalid_argument(message: str, ec: str = "", **details: str) -> OssError:
    """400: a header or parameter has a value that OSS does not accept."""
    return OssError(400, "InvalidArgument", message, ec, **details)


def access_denied(message: str, ec: str = "0003-00000001") -> OssError:
    """403: the caller is authenticated or anonymous, and has no access."""
    return OssError(403, "AccessDenied", message, ec)


def public_endpoint_forbidden() -> OssError:
    """400: a call about data came through the default public domain; see :mod:`aliyun_local.oss.doors`."""
    message = "Not allowed using the OSS public endpoint, please use CNAME instead."
    return OssError(400, "PublicEndpointForbidden", message, "0048-00000401")


def precondition_failed(condition: str) -> OssError:
    """412: the condition of an ``If-...`` header does not hold."""
    message = "At least one of the pre-conditions you specified did not hold."
    return OssError(412, "PreconditionFailed", message, Condition=condition)


def not_modified() -> OssError:
    """304: the caller has this content already."""
    return OssError(304, "NotModified", "Not Modified")


def not_implemented(feature: str) -> OssError:
    """501: the local OSS does not have the feature, whether the real one has it or not."""
    return OssError(501, "NotImplemented", f"{feature} is not part of the local OSS.")


def malformed_xml() -> OssError:
    """400: the body is not the XML document that the operation requires."""
    return OssError(400, "MalformedXML", "The XML you provided was not well-formed or did not validate.")
