"""The kinds of OSS's troubles: the table, row by row, and what is said of codes that it has no row for."""

from __future__ import annotations

import itertools

import pytest

from shared.clients.answers import trouble_for
from shared.domain.error_kinds import is_known, kind_of
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.domain.trouble_tables import TABLES
from shared.errors import AccountTrouble, NotFound, Permanent, RequestTrouble, RetryLater

OSS_APIS = (Api.LISTING, Api.READING, Api.PROCESSING, Api.WRITING)
STATUSES = (200, 400, 403, 404, 409, 500, 503)

GONE = "NoSuchKey NoSuchFile NoSuchVersion PreconditionFailed InvalidRange"
OBJECT = """
SymlinkTargetNotExist InvalidTargetType InvalidObjectState InvalidObjectName FileImmutable
RequestURITooLong RequestHeaderTooLarge
"""
ACCOUNT = """
NoSuchBucket InvalidBucketName BucketDisable BucketNotBelongTo AbnormalBucketOwnerStatus UserDisable
InDebt InDebtOverdue InvalidAccessKeyId SignatureDoesNotMatch InvalidSecurityToken
AccessKeyIdAndSecurityTokenNotMatch SecurityTokenNotSupported PublicEndpointForbidden PermanentRedirect
SecondLevelDomainForbidden NonStandardHostForbidden CnameDenied
"""
PICTURE = "ImageDamage BadWebPImage ImageTooLarge MemLimitExceeded"
UNKNOWN = """
KmsUbsmsInvalidBid UbsmsInvalidBid KmsInDebt KmsInDebtOverdue BadRequest InvalidArgument MissingArgument
InvalidRequest NotImplemented MethodNotAllowed FileAlreadyExists EntityTooLarge MissingContentLength
HTTPVersionNotSupported NotModified WatermarkError TooManyPipe NoSuchStyle InvalidTag
InvalidEncryptionAlgorithmError CallbackFailed
"""
PASSING = """
RequestTimeout RequestTimeTooSkewed SecurityTokenExpired StaleFile QpsLimitExceeded TotalQpsLimitExceeded
MetaOperationQpsLimitExceeded ActiveRequestLimitExceeded CpuLimitExceeded DownloadTrafficRateLimitExceeded
UploadTrafficRateLimitExceeded InternalError ServiceUnavailable InvalidDigest
"""
# Everywhere, whatever the status and the message.
BY_CODE = {
    code: kind
    for codes, kind in [
        (GONE, Kind.GONE),
        (OBJECT, Kind.OBJECT),
        (ACCOUNT, Kind.ACCOUNT),
        (PICTURE, Kind.PICTURE),
        (UNKNOWN, Kind.UNKNOWN),
        (PASSING, Kind.PASSING),
    ]
    for code in codes.split()
}
CLASSES = {
    Kind.GONE: NotFound,
    Kind.OBJECT: Permanent,
    Kind.ACCOUNT: AccountTrouble,
    Kind.PICTURE: Permanent,
    Kind.UNKNOWN: RequestTrouble,
    Kind.PASSING: RetryLater,
}


@pytest.mark.parametrize("code", BY_CODE)
def test_a_code_means_the_same_whatever_the_status(code: str) -> None:
    for api, status in itertools.product(OSS_APIS, STATUSES):
        assert kind_of(Service.OSS, api, status, code, "simulated") is BY_CODE[code]
        trouble = trouble_for(Service.OSS, api, status, code, "simulated")
        assert (type(trouble), trouble.code, trouble.api) == (CLASSES[BY_CODE[code]], code, api)


@pytest.mark.parametrize(
    ("code", "message", "in_processing", "elsewhere"),
    [
        # Image processing, FAQ.
        ("BadRequest", "This image format is not supported.", Kind.PICTURE, Kind.UNKNOWN),
        ("BadRequest", "Picture exceed the maximum allowable rotation range", Kind.PICTURE, Kind.UNKNOWN),
        ("BadRequest", "Input is not base64 decoding.", Kind.UNKNOWN, Kind.UNKNOWN),
        ("InvalidArgument", "The value: 0 of parameter: w is invalid.", Kind.UNKNOWN, Kind.UNKNOWN),
        # The local OSS.
        ("InvalidArgument", "This image format is not supported.", Kind.PICTURE, Kind.UNKNOWN),
        ("InvalidArgument", "The source image cannot be decoded.", Kind.PICTURE, Kind.UNKNOWN),
        # HTTP 400: what is no finding about a picture, though it comes from its processing.
        (
            "NotImplemented",
            "A header you provided implies functionality",
            Kind.UNKNOWN,
            Kind.UNKNOWN,
        ),
        (
            "RequestTimeout",
            "Your socket connection was not read from",
            Kind.PASSING,
            Kind.PASSING,
        ),
        ("InvalidRequest", "This image format is not supported.", Kind.UNKNOWN, Kind.UNKNOWN),
        # HTTP 403, AccessDenied: many messages, one code.
        ("AccessDenied", "This request is forbidden by kms.", Kind.UNKNOWN, Kind.UNKNOWN),
        (
            "AccessDenied",
            "You have no right to access this object.",
            Kind.UNKNOWN,
            Kind.UNKNOWN,
        ),
        (
            "AccessDenied",
            "The bucket you are attempting to access must be addressed using the specified endpoint.",
            Kind.ACCOUNT,
            Kind.ACCOUNT,
        ),
    ],
)
def test_a_shared_code_is_told_apart_by_its_message(
    code: str, message: str, in_processing: Kind, elsewhere: Kind
) -> None:
    for status in (400, 403):
        assert kind_of(Service.OSS, Api.PROCESSING, status, code, f"OSS: {message}") is in_processing
        for api in (Api.READING, Api.WRITING):
            assert kind_of(Service.OSS, api, status, code, f"OSS: {message}") is elsewhere


def test_a_listing_that_is_denied_is_denied_for_everybody() -> None:
    for message in ("AccessDenied", "This request is forbidden by kms.", "Access denied by bucket policy."):
        assert kind_of(Service.OSS, Api.LISTING, 403, "AccessDenied", message) is Kind.ACCOUNT


def test_no_row_of_the_table_is_left_untested() -> None:
    assert {row.code for row in TABLES[Service.OSS]} == {*BY_CODE, "AccessDenied"}
    rows = TABLES[Service.OSS]
    assert len({(row.code, row.says, row.only) for row in rows}) == len(rows)
    assert all(row.says == row.says.lower() for row in rows)
    assert not any(code for code in BY_CODE if not is_known(Service.OSS, code))


@pytest.mark.parametrize("code", ["", "SomethingNew"])
def test_an_error_without_a_row_is_known_by_little(code: str) -> None:
    expected = {
        400: Kind.UNKNOWN,
        401: Kind.ACCOUNT,
        403: Kind.UNKNOWN,
        404: Kind.GONE if code else Kind.UNKNOWN,
        409: Kind.UNKNOWN,
        412: Kind.UNKNOWN,
        429: Kind.PASSING,
        500: Kind.PASSING,
        503: Kind.PASSING,
    }
    for api, (status, kind) in itertools.product(OSS_APIS, expected.items()):
        assert kind_of(Service.OSS, api, status, code, "") is kind
