"""Trouble that stays until somebody ends it: everybody is told why, nobody fails, and work goes on then."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from aliyun_local.serving.wire import Fault, Refusal

from .support import COLLECT, RECONCILE, LocalStudio, eventually, photo, running_studio

UNAPPROVED = Refusal(status=403, code="AccessDenied.Unpurchased", message="Access to model denied.")
NO_RIGHT = Refusal(status=403, code="AccessDenied", message="You have no right to access this object.")
MEMBER_BYTES = 64 * 1024**2


def stand(studio: LocalStudio, service: str, refusal: Refusal, *operations: str) -> None:
    """Refuse ``operations`` until the faults are cleared."""
    for operation in operations:
        studio.cloud.fronts[service].inject(Fault(operation=operation, times=None, refusal=refusal))


def blocked(studio: LocalStudio, person: str) -> dict[str, Any]:
    """Wait until something blocks the person, and return what."""
    block: dict[str, Any] = eventually(lambda: (studio.person(person) or {}).get("blocked_by"))
    return block


def test_an_account_that_may_not_use_facechain_is_told_from_the_first_photo_and_trains_once_it_may(
    fresh_studio: LocalStudio,
) -> None:
    studio = fresh_studio
    # Before the first tick nobody knows whether the timer runs, and that is what is told.
    eventually(lambda: studio.not_ready_because() == [])
    stand(studio, "dashscope", UNAPPROVED, "DetectFaces", "CreateFineTune")
    studio.upload("early", "1.jpg", photo(301))
    block = blocked(studio, "early")
    assert (block["code"], block["scope"]) == ("AccessDenied.Unpurchased", "account")
    assert block["detail"] == UNAPPROVED.message
    chinese = studio.get("/people/early", headers={"Accept-Language": "zh"}).json()["blocked_by"]
    assert "FaceChain" in chinese["message"]
    assert chinese["message"] != block["message"]
    assert studio.not_ready_because() == ["no_facechain"]
    asked = studio.called("DetectFaces")
    studio.mark_ready("early")
    studio.let_ticks_pass(4)
    # Ticks leave what is refused alone; the marker's own event may have tried once more.
    assert studio.called("DetectFaces") <= asked + 1
    studio.cloud.fronts["dashscope"].clear_faults()
    studio.probe()
    document = studio.wait_until_trained("early")
    assert studio.fine_tunes_of(document["current"]["job_id"]) == [document["current"]["fine_tune_id"]]
    assert studio.not_ready_because() == []


def test_a_bucket_that_may_not_be_listed_is_told_until_somebody_who_has_mended_it_has_it_tried_again(
    tmp_path: Path,
) -> None:
    # Nothing but the marker's look lists the folder: no pass over the bucket, no quiet time, and no event of
    # a person without a row, which the platform would hand over again.
    settings = {"SweepSeconds": 300, "QuietSeconds": 3600}
    with running_studio(tmp_path / "cloud", parameters=settings) as studio:
        eventually(lambda: studio.not_ready_because() == [])
        studio.upload("unlisted", "1.jpg", photo(311))
        eventually(lambda: (studio.person("unlisted") or {"current": {}})["current"].get("usable_count"))
        eventually(lambda: studio.ended(COLLECT) == 1)
        stand(studio, "oss", NO_RIGHT, "ListObjects", "ListObjectsV2")
        studio.mark_ready("unlisted")
        eventually(lambda: studio.not_ready_because() == ["bucket_not_listed"])
        eventually(lambda: studio.ended(COLLECT) == 2)
        assert blocked(studio, "unlisted")["code"] == "AccessDenied"
        told = studio.get("/readyz").json()["reasons"][0]
        assert "template.yml" in told["remedy"]
        studio.cloud.fronts["oss"].clear_faults()
        studio.let_ticks_pass(6)
        # By itself it would be tried again a minute and a half after the refusal.
        assert studio.not_ready_because() == ["bucket_not_listed"]
        studio.probe()
        eventually(lambda: studio.not_ready_because() == [], 10)
        studio.wait_until_trained("unlisted")


def test_only_the_administrators_token_has_it_tried_again(studio: LocalStudio) -> None:
    refusals = {
        token: studio.get("/queue/probe", method="POST", token=studio.endpoints.get(token, ""))
        for token in ("STATUS_TOKEN", "nobody's")
    }
    assert [answer.status_code for answer in refusals.values()] == [403, 401]
    studio.probe()


def test_a_link_is_never_followed(studio: LocalStudio) -> None:
    studio.upload("owner", "private.jpg", photo(321))
    studio.bucket.put_symlink("people/owner/private.jpg", "people/thief/1.jpg")
    studio.bucket.put_symlink("people/owner/missing.jpg", "people/thief/2.jpg")
    studio.upload("thief", "own.jpg", photo(322))
    # Once it is recorded, nothing but a link could make another snapshot.
    eventually(lambda: (studio.person("thief") or {"current": {}})["current"].get("usable_count"))
    # OSS sends no event of a link; the look at the folder before the set closes finds both.
    studio.mark_ready("thief")
    job = studio.wait_until_trained("thief")["current"]
    verdicts = {one["name"]: one["verdict"] for one in job["photos"]}
    assert verdicts == {"own.jpg": "usable", "1.jpg": "link", "2.jpg": "link"}
    trained_on = [
        entry["training_file_ids"] for entry in studio.ledger() if entry["job_id"] == job["fine_tune_id"]
    ]
    assert [len(files) for files in trained_on] == [1]
    assert len(studio.bucket.list_objects(prefix=f"submissions/{job['job_id']}/").object_list) <= 1


def test_a_small_upload_that_unpacks_to_gigabytes_costs_no_memory(studio: LocalStudio) -> None:
    # Two gigabytes of zeros, in members as gzip allows it; a function may hold 512 MB.
    bomb = gzip.compress(bytes(MEMBER_BYTES)) * 32
    for name in ("1.jpg", "2.zip"):
        headers = {"Content-Encoding": "gzip"}
        studio.bucket.put_object(f"people/bomber/{name}", bomb, headers=headers)
    studio.upload("bomber", "3.jpg", photo(331))
    studio.mark_ready("bomber")
    document = studio.wait_until_trained("bomber")
    assert [one["verdict"] for one in document["current"]["photos"] if one["name"] == "3.jpg"] == ["usable"]
    assert document["current"]["usable_count"] == 1
    lines = [line for function in (COLLECT, RECONCILE) for line in studio.logs(function)]
    assert [line for line in lines if "maxMemoryUsage" in line] == []
