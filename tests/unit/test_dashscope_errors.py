"""The meaning of DashScope's documented errors, row by row, and of errors that are not documented."""

from __future__ import annotations

import pytest

from shared.domain.dashscope_errors import Meaning, is_worth_another_training, meaning_of

BUSY, ACCOUNT, UNKNOWN = Meaning.BUSY, Meaning.ACCOUNT, Meaning.UNKNOWN
REFUSED, GONE, PHOTO, DOWNLOAD = Meaning.REFUSED, Meaning.GONE, Meaning.PHOTO, Meaning.DOWNLOAD

DOCUMENTED = [
    # The facechain-finetune page.
    (400, "InvalidParameter", "Missing training files.", REFUSED),
    (
        400,
        "UnsupportedOperation",
        "The fine-tune job can not be deleted because it is succeeded,failed or canceled",
        REFUSED,
    ),
    (404, "NotFound", "job ft-202509020951-f8bf not found.", GONE),
    (409, "Conflict", "Model instance xxxxx already exists, please specify a suffix", REFUSED),
    (429, "Throttling", "Too many fine-tune job in running, please retry later", BUSY),
    (500, "InternalError", "Internal server error!", UNKNOWN),
    # "Error codes".
    (
        400,
        "InvalidParameter.DataInspection",
        "Unable to download the media resource during the data inspection process.",
        DOWNLOAD,
    ),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", PHOTO),
    (400, "InvalidURL", "Required URL is missing or invalid, please check the request URL.", DOWNLOAD),
    (400, "InvalidURL.ConnectionRefused", "Connection refused.", DOWNLOAD),
    (400, "InvalidURL.Timeout", "Download xxx timeout.", DOWNLOAD),
    (400, "InvalidImageResolution", "The image resolution is invalid.", PHOTO),
    (400, "InvalidImageFormat", "The image format is invalid.", PHOTO),
    (400, "InvalidImage.NoHumanFace", "No human face detected.", PHOTO),
    *(
        (400, f"InvalidFile.{kind}", "…", PHOTO)
        for kind in (
            "Resolution",
            "Size",
            "Format",
            "Openerror",
            "NoHuman",
            "MultiHuman",
            "FacePose",
            "FullFace",
        )
    ),
    *(
        (400, f"BadRequest.{kind}", "…", REFUSED)
        for kind in ("EmptyInput", "EmptyParameters", "EmptyModel", "IllegalInput")
    ),
    (400, "BadRequest.TooLarge", "…", PHOTO),
    (400, "BadRequest.UnsupportedFileFormat", "…", PHOTO),
    (400, "BadRequest.InputDownloadFailed", "Failed to download the input file.", DOWNLOAD),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing.", ACCOUNT),
    (401, "InvalidApiKey", "Invalid API-key provided.", ACCOUNT),
    (401, "", "NOT AUTHORIZED", ACCOUNT),
    (403, "AccessDenied", "Access denied.", ACCOUNT),
    (403, "AccessDenied.Unpurchased", "Access to model denied.", ACCOUNT),
    (403, "Model.AccessDenied", "Model access denied.", ACCOUNT),
    (403, "Workspace.AccessDenied", "Workspace access denied.", ACCOUNT),
    (403, "Endpoint.AccessDenied", "The model is retired.", ACCOUNT),
    (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", ACCOUNT),
    (404, "ModelNotFound", "Model can not be found.", ACCOUNT),
    (404, "WorkSpaceNotFound", "WorkSpace can not be found.", ACCOUNT),
    (429, "Throttling", "Requests throttling triggered.", BUSY),
    (429, "Throttling", "Only 20 fine-tune job in running or succeeded allowed per user.", ACCOUNT),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", BUSY),
    (429, "Throttling.RateQuota", "You have exceeded your request limit.", BUSY),
    (429, "Throttling.BurstRate", "Request rate increased too quickly.", BUSY),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded.", BUSY),
    (429, "Throttling.Concurrency", "Too many concurrent requests.", BUSY),
    (429, "CommodityNotPurchased", "Commodity has not purchased yet.", ACCOUNT),
    (429, "PrepaidBillOverdue", "The prepaid bill is overdue.", ACCOUNT),
    (429, "PostpaidBillOverdue", "The postpaid bill is overdue.", ACCOUNT),
    *((500, f"InternalError.{kind}", "…", UNKNOWN) for kind in ("Algo", "Upload", "FileUpload", "Timeout")),
    (500, "SystemError", "An system error has occured, please try again later.", UNKNOWN),
    (500, "RequestTimeOut", "Request timed out, please try again later.", UNKNOWN),
    (500, "ModelServingError", "Too many requests.", UNKNOWN),
    (503, "ModelUnavailable", "Model is unavailable, please try again later.", UNKNOWN),
]

UNDOCUMENTED = [
    # A code decides whatever its status.
    (200, "InvalidApiKey", "", ACCOUNT),
    (500, "InvalidParameter", "", REFUSED),
    (400, "InternalError", "", UNKNOWN),
    (400, "Throttling", "", BUSY),
    (500, "Throttling.SomethingNew", "", BUSY),
    (400, "InvalidFile.SomethingNew", "", PHOTO),
    (403, "Model.SomethingNew", "", ACCOUNT),
    # The quota's words, however they are written and whatever throttling they come with.
    (429, "Throttling", "only 50 fine-tune job allowed per user", ACCOUNT),
    (429, "Throttling.AllocationQuota", "ONLY 20 FINE-TUNE JOB …", ACCOUNT),
    # They mean nothing beside any other code.
    (400, "InvalidParameter", "Only 20 files are allowed per user.", REFUSED),
    # An unheard-of code: the status decides.
    (400, "SomethingNew", "", REFUSED),
    (400, "SomethingNew.Sub", "", REFUSED),
    (404, "SomethingNew", "", GONE),
    (405, "SomethingNew", "", REFUSED),
    (409, "SomethingNew", "", REFUSED),
    (401, "SomethingNew", "", ACCOUNT),
    (403, "SomethingNew", "", ACCOUNT),
    (429, "SomethingNew", "", BUSY),
    (500, "SomethingNew", "", UNKNOWN),
    (503, "SomethingNew", "", UNKNOWN),
    (200, "SomethingNew", "", UNKNOWN),
    (302, "SomethingNew", "", UNKNOWN),
    # Codes match whole, or up to the first dot; never by a mere beginning or in another case.
    (400, "ThrottlingExtra", "", REFUSED),
    (400, "throttling", "", REFUSED),
    (400, ".Throttling", "", REFUSED),
    # No code: a page that some gateway made; nothing is known of what happened behind it.
    (400, "", "", UNKNOWN),
    (404, "", "<html>", UNKNOWN),
    (401, "", "", ACCOUNT),
    (403, "", "", ACCOUNT),
    (429, "", "", BUSY),
    (500, "", "", UNKNOWN),
    (502, "", "Bad Gateway", UNKNOWN),
    (504, "", "", UNKNOWN),
    (302, "", "", UNKNOWN),
]


@pytest.mark.parametrize(("status", "code", "message", "meaning"), DOCUMENTED)
def test_a_documented_error_means_what_the_documents_say(
    status: int, code: str, message: str, meaning: Meaning
) -> None:
    assert meaning_of(status, code, message) is meaning


@pytest.mark.parametrize(("status", "code", "message", "meaning"), UNDOCUMENTED)
def test_an_undocumented_error_is_judged_by_its_code_and_then_by_its_status(
    status: int, code: str, message: str, meaning: Meaning
) -> None:
    assert meaning_of(status, code, message) is meaning


@pytest.mark.parametrize(
    ("code", "worth_it"),
    [
        ("InternalError", True),
        ("InternalError.Algo", True),
        ("SystemError", True),
        ("RequestTimeOut", True),
        ("ModelServingError", True),
        # A training costs money: no reason, an unheard-of one or a refusal is not tried again.
        ("", False),
        ("1", False),
        ("SomethingNew", False),
        ("SomethingNew.InternalError", False),
        ("InvalidParameter", False),
        ("DataInspectionFailed", False),
        ("InvalidImage.NoHumanFace", False),
        ("Throttling", False),
        ("Arrearage", False),
    ],
)
def test_only_a_failure_of_dashscopes_own_is_worth_another_training(code: str, worth_it: bool) -> None:
    assert is_worth_another_training(code) is worth_it
