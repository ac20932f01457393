"""Photos come by every way that OSS has, sets close in every way there is, and each is trained once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta, timezone

import oss2
import pytest

from aliyun_local.samples import encoded, portrait

from .support import REGION, LocalStudio, eventually, jobs_of, photo


@pytest.fixture(params=["url_studio", "session_studio"], ids=["by url", "by file"])
def studio(request: pytest.FixtureRequest) -> LocalStudio:
    """Each way that photos take to DashScope."""
    made: LocalStudio = request.getfixturevalue(request.param)
    return made


def assert_trained_once(studio: LocalStudio, person: str, *, photos: int, closed_by: str) -> None:
    """All books agree: the status API, the result object, and DashScope's ledger."""
    document = studio.wait_until_trained(person)
    job = document["current"]
    assert [revision["revision"] for revision in document["revisions"]] == [1]
    assert (job["usable_count"], job["closed_by"]) == (photos, closed_by)
    made = [
        entry
        for entry in studio.cloud.studio.ledger()
        if entry.job_id == job["fine_tune_id"] or job["job_id"] in jobs_of(asdict(entry))
    ]
    assert len(made) == 1
    assert len(made[0].training_file_ids) == photos
    by_url = studio.cloud.oss_behaviour.public_data_access
    assert {file.startswith("http://") for file in made[0].training_file_ids} == {by_url}
    assert (made[0].status, made[0].billed_trainings) == ("SUCCEEDED", 1)
    assert made[0].job_id == job["fine_tune_id"]
    assert job["finetuned_output"] == f"facechain-finetune-{made[0].job_id}"
    assert document["finetuned_output"] == job["finetuned_output"]
    assert (job["trainings_billed"], job["cost_cny"]) == (1, 2.5)
    result = studio.result(person)
    assert result["finetuned_output"] == job["finetuned_output"]
    assert result["state"] == "SUCCEEDED"
    assert [entry["name"] for entry in result["photos"]] == [entry["name"] for entry in job["photos"]]


def post_form(studio: LocalStudio, key: str, content: bytes) -> int:
    """Upload as a web page does: an HTML form with a signed policy."""
    now = datetime.now(timezone.utc)
    day, moment = f"{now:%Y%m%d}", f"{now:%Y%m%dT%H%M%SZ}"
    credential = f"{studio.endpoints['ALIBABA_CLOUD_ACCESS_KEY_ID']}/{day}/{REGION}/oss/aliyun_v4_request"
    conditions = [
        {"bucket": studio.endpoints["OSS_BUCKET"]},
        {"x-oss-signature-version": "OSS4-HMAC-SHA256"},
        {"x-oss-credential": credential},
        {"x-oss-date": moment},
        ["starts-with", "$key", "people/"],
        ["content-length-range", 1, 20_000_000],
    ]
    expiration = f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000Z}"
    policy = base64.b64encode(
        json.dumps({"expiration": expiration, "conditions": conditions}).encode()
    ).decode()
    signing_key = f"aliyun_v4{studio.endpoints['ALIBABA_CLOUD_ACCESS_KEY_SECRET']}".encode()
    for step in (day, REGION, "oss", "aliyun_v4_request"):
        signing_key = hmac.new(signing_key, step.encode(), hashlib.sha256).digest()
    fields = {
        "key": key,
        "policy": policy,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": credential,
        "x-oss-date": moment,
        "x-oss-signature": hmac.new(signing_key, policy.encode(), hashlib.sha256).hexdigest(),
    }
    answer = studio.http.post(
        f"{studio.endpoints['OSS_ENDPOINT']}/{studio.endpoints['OSS_BUCKET']}",
        data=fields,
        files={"file": ("selfie.jpg", content, "image/jpeg")},
        timeout=30,
    )
    return answer.status_code


def test_photos_put_by_the_official_client_are_trained_when_the_uploads_fall_quiet(
    studio: LocalStudio,
) -> None:
    studio.upload_portraits("林小雨", 101, 102)
    assert_trained_once(studio, "林小雨", photos=2, closed_by="quiet")


def test_a_photo_uploaded_in_parts_is_one_photo(studio: LocalStudio) -> None:
    key = "people/multipart/big photo.jpg"
    content = photo(201, size=(1024, 1280))
    upload_id = studio.bucket.init_multipart_upload(key).upload_id
    parts = []
    for number, start in enumerate(range(0, len(content), 100 * 1024), start=1):
        piece = content[start : start + 100 * 1024]
        done = studio.bucket.upload_part(key, upload_id, number, piece)
        parts.append(oss2.models.PartInfo(number, done.etag))
    assert studio.person("multipart") is None
    studio.bucket.complete_multipart_upload(key, upload_id, parts)
    studio.mark_ready("multipart")
    assert_trained_once(studio, "multipart", photos=1, closed_by="marker")


def test_a_photo_copied_within_the_bucket_is_trained(studio: LocalStudio) -> None:
    studio.bucket.put_object("inbox/walk-in.jpg", photo(301))
    studio.bucket.copy_object(
        studio.endpoints["OSS_BUCKET"], "inbox/walk-in.jpg", "people/copied/walk-in.jpg"
    )
    assert_trained_once(studio, "copied", photos=1, closed_by="quiet")


def test_a_photo_sent_by_a_web_form_is_trained(studio: LocalStudio) -> None:
    assert post_form(studio, "people/form/${filename}", photo(401)) in (200, 204)
    studio.mark_ready("form")
    assert_trained_once(studio, "form", photos=1, closed_by="marker")


def test_a_photo_put_to_a_presigned_url_is_trained(studio: LocalStudio) -> None:
    url = studio.bucket.sign_url("PUT", "people/presigned/phone.jpg", 60, slash_safe=True)
    assert studio.http.put(url, data=photo(501), timeout=30).status_code == 200
    studio.mark_ready("presigned")
    assert_trained_once(studio, "presigned", photos=1, closed_by="marker")


def test_ten_photos_close_the_set_at_once(studio: LocalStudio) -> None:
    studio.upload_portraits("ten", *range(601, 611))
    assert_trained_once(studio, "ten", photos=10, closed_by="count")


def test_a_marker_that_comes_before_its_photos_does_not_close_the_set_over_them(
    studio: LocalStudio,
) -> None:
    studio.mark_ready("eager")
    marked = studio.bucket.head_object("people/eager/_READY").last_modified
    # The bucket tells the time of an upload in whole seconds.
    eventually(lambda: studio.cloud.clock.now() >= marked + 1)
    studio.upload_portraits("eager", 701, 702)
    assert_trained_once(studio, "eager", photos=2, closed_by="marker")


def test_35_photos_from_16_threads_with_a_marker_among_them_are_one_training(studio: LocalStudio) -> None:
    files = [(f"{seed}.jpg", photo(seed)) for seed in range(3001, 3036)]
    files.insert(17, ("_READY", b'{"photos": 35}'))
    with ThreadPoolExecutor(16) as threads:
        for sent in [threads.submit(studio.upload, "delivery", *file) for file in files]:
            sent.result()
    document = studio.wait_until_trained("delivery")
    job = document["current"]
    assert (len(document["revisions"]), job["closed_by"], job["photo_count"]) == (1, "marker", 35)
    assert len(studio.fine_tunes_of(job["job_id"])) == 1
    assert {one["verdict"] for one in job["photos"]} <= {"usable", "similar", "over_limit"}
    assert job["usable_count"] <= 10


def test_an_iphone_sized_photo_is_made_to_fit_and_trained(studio: LocalStudio) -> None:
    studio.upload("large", "IMG_0001.JPG", photo(801, size=(3024, 4032)))
    studio.mark_ready("large")
    assert_trained_once(studio, "large", photos=1, closed_by="marker")


def test_a_zip_and_a_heic_are_trained_as_one_set(studio: LocalStudio) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("海边/1.jpg", photo(901))
        packed.writestr("__MACOSX/海边/._1.jpg", b"finder")
    # Drawn before: a slow machine would let the set fall quiet in between.
    phones = encoded(portrait(902, size=(320, 400)), "HEIF")
    studio.upload("zipped", "chat.zip", archive.getvalue())
    studio.upload("zipped", "IMG_0412.HEIC", phones)
    studio.mark_ready("zipped")
    assert_trained_once(studio, "zipped", photos=2, closed_by="marker")
