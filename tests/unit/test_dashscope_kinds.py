"""What DashScope's documented errors concern, row by row, and errors that are not documented."""

from __future__ import annotations

import pytest

from aliyun_local.dashscope.errors import ERRORS
from shared.domain.error_kinds import _row_for, is_known, is_refusal, kind_of
from shared.domain.trouble_kinds import Api, Kind, Service
from shared.domain.trouble_tables import TABLES

DASHSCOPE, FACE_CHECK, TRAINING = Service.DASHSCOPE, Api.FACE_CHECK, Api.TRAINING
PASSING, OBJECT, API, ACCOUNT = Kind.PASSING, Kind.OBJECT, Kind.API, Kind.ACCOUNT
PICTURE, GONE, UNKNOWN = Kind.PICTURE, Kind.GONE, Kind.UNKNOWN
BOTH = (FACE_CHECK, TRAINING)

Case = tuple[int, str, str, Kind, tuple[Api, ...]]

DOCUMENTED: list[Case] = [
    # The facechain-finetune page.
    (400, "InvalidParameter", "Missing training files.", UNKNOWN, BOTH),
    (400, "UnsupportedOperation", "The fine-tune job can not be deleted because …", OBJECT, (TRAINING,)),
    (404, "NotFound", "job ft-202509020951-f8bf not found.", GONE, (TRAINING,)),
    (409, "Conflict", "Model instance xxxxx already exists, please specify a suffix", UNKNOWN, BOTH),
    (429, "Throttling", "Too many fine-tune job in running, please retry later", PASSING, BOTH),
    (500, "InternalError", "Internal server error!", PASSING, BOTH),
    # "Files".
    (400, "InvalidParameter", "File not found.", GONE, (TRAINING,)),
    (400, "BadRequest.TooMany", "Out of number, <10> of <10> files has been uploaded.", API, BOTH),
    (400, "BadRequest.TooLarge", "Out of space, <839> B of <1024> B storage space …", API, BOTH),
    (413, "BadRequest.TooLarge", "Payload Too Large.", OBJECT, (TRAINING,)),
    # "Error codes": the request and its pictures.
    (400, "InvalidParameter", "Model not exist.", API, BOTH),
    (400, "InvalidParameter", "Wrong Content-Type of multimodal url", UNKNOWN, BOTH),
    (400, "InvalidParameter.DataInspection", "Unable to download the media resource …", UNKNOWN, BOTH),
    (400, "InvalidParameter.DataInspection", "The media format is not supported …", UNKNOWN, BOTH),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", PICTURE, BOTH),
    (400, "IPInfringementSuspect", "Input data is suspected of …", PICTURE, BOTH),
    (400, "InvalidURL", "Required URL is missing or invalid, please check the request URL.", UNKNOWN, BOTH),
    (400, "InvalidURL.ConnectionRefused", "Connection to xxx refused …", UNKNOWN, BOTH),
    (400, "InvalidURL.Timeout", "Download xxx timeout, please check network connection.", UNKNOWN, BOTH),
    (400, "InvalidImageResolution", "The input image resolution is too large or small.", PICTURE, BOTH),
    (400, "InvalidImageFormat", "The input image is in invalid format.", PICTURE, BOTH),
    *(
        (400, f"InvalidImage.{finding}", "…", PICTURE, BOTH)
        for finding in ("NoHumanFace", "ImageSize", "FileFormat")
    ),
    (400, "InvalidImage.SomethingNew", "…", UNKNOWN, BOTH),
    (400, "InvalidPerson", "The input image has no human body or multi human bodies.", PICTURE, BOTH),
    (400, "InvalidInputLength", "The image resolution is invalid …", PICTURE, BOTH),
    *(
        (400, f"InvalidFile.{finding}", "…", PICTURE, BOTH)
        for finding in (
            *("NoHuman", "MultiHuman", "Content", "BodyProportion", "FacePose", "FullFace", "FrontBody"),
            *("FullBody", "BodyPose", "Value", "Resolution", "ImageSize", "AspectRatio", "Size", "Format"),
            "Openerror",
        )
    ),
    # They are about a download, a video, a recording or a template, never about the picture.
    *(
        (400, f"InvalidFile.{other}", "…", UNKNOWN, BOTH)
        for other in (
            "DownloadFailed",
            "FPS",
            "Duration",
            "AudioLengthError",
            "FaceNotMatch",
            "Template.Content",
        )
    ),
    *(
        (400, f"BadRequest.{shape}", "…", UNKNOWN, BOTH)
        for shape in ("EmptyInput", "EmptyParameters", "EmptyModel", "IllegalInput", "ResourceNotExist")
    ),
    (413, "BadRequest.TooLarge", "Payload Too Large.", UNKNOWN, (FACE_CHECK,)),
    (415, "BadRequest.UnsupportedFileFormat", "Input file format is not supported.", PICTURE, BOTH),
    (415, "BadRequest.InputDownloadFailed", "Failed to download the input file: xxx.", UNKNOWN, BOTH),
    (400, "UnsupportedOperation", "The operation is unsupported on …", UNKNOWN, (FACE_CHECK,)),
    (403, "Resource.AccessDenied", "Access to the resource is denied.", UNKNOWN, BOTH),
    # "Error codes": key, bill, workspace, models.
    (400, "Arrearage", "Access denied, please make sure your account is in good standing.", ACCOUNT, BOTH),
    (401, "InvalidApiKey", "Invalid API-key provided.", ACCOUNT, BOTH),
    (401, "NOT AUTHORIZED", "Access denied: Either you are not authorized to access …", ACCOUNT, BOTH),
    (401, "", "NOT AUTHORIZED", ACCOUNT, BOTH),
    (403, "AccessDenied", "Access denied.", API, BOTH),
    (403, "AccessDenied", "current user api does not support synchronous calls.", API, BOTH),
    (403, "AccessDenied.Unpurchased", "Access to model denied. Please make sure …", ACCOUNT, BOTH),
    (403, "Model.AccessDenied", "Model access denied.", API, BOTH),
    (403, "Workspace.AccessDenied", "Workspace access denied.", ACCOUNT, BOTH),
    (403, "Endpoint.AccessDenied", "Workspace endpoint access denied.", API, BOTH),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", API, BOTH),
    (404, "ModelNotFound", "Model can not be found.", API, BOTH),
    (404, "WorkSpaceNotFound", "WorkSpace can not be found.", ACCOUNT, BOTH),
    (404, "NotFound", "Not found!", API, (FACE_CHECK,)),
    (404, "NotFound", "Request path not found.", API, BOTH),
    (429, "CommodityNotPurchased", "Commodity has not purchased yet.", ACCOUNT, BOTH),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue.", ACCOUNT, BOTH),
    (429, "PostpaidBillOverdue", "The postpaid bill is overdue.", ACCOUNT, BOTH),
    # "Error codes": limits.
    (429, "Throttling", "Requests throttling triggered.", PASSING, BOTH),
    (429, "Throttling", "Only 20 fine-tune job in running or succeeded allowed per user.", API, BOTH),
    (429, "Throttling", "50 fine-tune job in running or succeeded are allowed per user", API, BOTH),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", PASSING, BOTH),
    (429, "Throttling.RateQuota", "You have exceeded your request limit.", PASSING, BOTH),
    (429, "Throttling.BurstRate", "Request rate increased too quickly.", PASSING, BOTH),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase …", PASSING, BOTH),
    (429, "Throttling.AllocationQuota", "Free allocated quota exceeded.", API, BOTH),
    (429, "Throttling.Concurrency", "Too many concurrent requests.", PASSING, BOTH),
    # "Error codes": the service's own faults.
    *(
        (500, f"InternalError.{kind}", "…", PASSING, BOTH)
        for kind in ("Algo", "Upload", "FileUpload", "Timeout")
    ),
    (500, "SystemError", "An system error has occured, please try again later.", PASSING, BOTH),
    (500, "RequestTimeOut", "Request timed out, please try again later.", PASSING, BOTH),
    (408, "RequestTimeOut", "Request timed out, please try again later.", PASSING, BOTH),
    (500, "ModelServiceFailed", "Failed to request model service.", PASSING, BOTH),
    (503, "ModelServingError", "Too many requests. Your requests are being throttled …", PASSING, BOTH),
    (503, "ModelUnavailable", "Model is unavailable, please try again later.", PASSING, BOTH),
]

UNDOCUMENTED: list[Case] = [
    # A code decides whatever its status.
    (200, "InvalidApiKey", "", ACCOUNT, BOTH),
    (500, "InvalidParameter", "", UNKNOWN, BOTH),
    (400, "InternalError", "", PASSING, BOTH),
    (400, "Throttling", "", PASSING, BOTH),
    (500, "Throttling.SomethingNew", "", PASSING, BOTH),
    (400, "InvalidFile.SomethingNew", "", UNKNOWN, BOTH),
    (403, "Model.SomethingNew", "", API, BOTH),
    (403, "AccessDenied.SomethingNew", "", API, BOTH),
    # The cap's words, however they are written and whatever throttling they come with.
    (429, "Throttling.AllocationQuota", "ONLY 20 FINE-TUNE JOB …", API, BOTH),
    # They mean nothing beside any other code.
    (400, "InvalidParameter", "Only 20 files are allowed per user.", UNKNOWN, BOTH),
    # An unheard-of code: the status decides, and never makes a verdict or a loss of it.
    (400, "SomethingNew", "", UNKNOWN, BOTH),
    (400, "SomethingNew.Sub", "", UNKNOWN, BOTH),
    (403, "SomethingNew", "", UNKNOWN, BOTH),
    (404, "SomethingNew", "", UNKNOWN, BOTH),
    (405, "SomethingNew", "", UNKNOWN, BOTH),
    (409, "SomethingNew", "", UNKNOWN, BOTH),
    (401, "SomethingNew", "", ACCOUNT, BOTH),
    (429, "SomethingNew", "", PASSING, BOTH),
    (500, "SomethingNew", "", PASSING, BOTH),
    (503, "SomethingNew", "", PASSING, BOTH),
    (200, "SomethingNew", "", UNKNOWN, BOTH),
    (302, "SomethingNew", "", UNKNOWN, BOTH),
    # Codes match whole, or up to the first dot; never by a mere beginning or in another case.
    (400, "ThrottlingExtra", "", UNKNOWN, BOTH),
    (400, "throttling", "", UNKNOWN, BOTH),
    (400, ".Throttling", "", UNKNOWN, BOTH),
    # No code: a page that some gateway made.
    (400, "", "", UNKNOWN, BOTH),
    (403, "", "<html>", UNKNOWN, BOTH),
    (404, "", "<html>", UNKNOWN, BOTH),
    (409, "", "", UNKNOWN, BOTH),
    (401, "", "", ACCOUNT, BOTH),
    (429, "", "", PASSING, BOTH),
    (500, "", "", PASSING, BOTH),
    (502, "", "Bad Gateway", PASSING, BOTH),
    (504, "", "", PASSING, BOTH),
    (302, "", "", UNKNOWN, BOTH),
]


@pytest.mark.parametrize(("status", "code", "message", "kind", "apis"), DOCUMENTED)
def test_a_documented_error_concerns_what_the_documents_say(
    status: int, code: str, message: str, kind: Kind, apis: tuple[Api, ...]
) -> None:
    assert {kind_of(DASHSCOPE, api, status, code, message) for api in apis} == {kind}


@pytest.mark.parametrize(("status", "code", "message", "kind", "apis"), UNDOCUMENTED)
def test_an_undocumented_error_is_judged_by_its_code_and_then_by_its_status(
    status: int, code: str, message: str, kind: Kind, apis: tuple[Api, ...]
) -> None:
    assert {kind_of(DASHSCOPE, api, status, code, message) for api in apis} == {kind}


@pytest.mark.parametrize("row", TABLES[DASHSCOPE], ids=lambda row: f"{row.code} {row.says}")
def test_every_row_of_the_table_decides_a_documented_error(row: object) -> None:
    decided = (
        _row_for(DASHSCOPE, api, code, message) for _, code, message, _, apis in DOCUMENTED for api in apis
    )
    assert any(one is row for one in decided)


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_of_the_local_dashscope_has_a_row(code: str) -> None:
    assert is_known(DASHSCOPE, code)


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("api", BOTH)
def test_no_error_of_the_local_dashscope_is_a_verdict_but_the_findings_about_pictures(
    code: str, api: Api
) -> None:
    status, message = ERRORS[code]
    is_verdict = kind_of(DASHSCOPE, api, status, code, message) is PICTURE
    assert is_verdict == (code in FINDINGS)


FINDINGS = {code for _, code, _, kind, _ in DOCUMENTED if kind is PICTURE}
OWN_FAULTS = {
    *("InternalError", "SystemError", "RequestTimeOut", "ModelServiceFailed", "ModelServingError"),
    "ModelUnavailable",
}


@pytest.mark.parametrize(("status", "code", "message", "kind", "apis"), DOCUMENTED)
@pytest.mark.parametrize("other_status", [None, 200, 400, 500, 503])
def test_a_documented_error_is_a_refusal_unless_the_service_blames_itself(
    status: int, code: str, message: str, kind: Kind, apis: tuple[Api, ...], other_status: int | None
) -> None:
    if not code:
        return
    refuses = code.partition(".")[0] not in OWN_FAULTS
    assert is_refusal(DASHSCOPE, TRAINING, other_status or status, code, message) is refuses


@pytest.mark.parametrize("code", ["", "SomethingNew"])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 504, 0])
def test_an_undocumented_error_is_a_refusal_only_by_a_status_that_is_one(status: int, code: str) -> None:
    assert is_refusal(DASHSCOPE, TRAINING, status, code, "") is (status in (401, 403, 429))
