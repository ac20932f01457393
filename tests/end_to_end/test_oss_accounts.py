"""The kinds of OSS accounts: who is trained by URLs through which door."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .support import Studio, eventually, jobs_of, running_studio


def trained(studio: Studio) -> dict[str, Any]:
    """Have one person trained; returns the fine-tune, by DashScope's own books the only one."""
    studio.upload_portraits("lin", 1, 2, 3)
    studio.mark_ready("lin")
    studio.wait_until_trained("lin", seconds=120)
    (fine_tune,) = studio.ledger()
    return fine_tune


def test_photos_in_an_account_from_before_are_trained_by_urls_of_the_public_door(tmp_path: Path) -> None:
    with running_studio(tmp_path, oss_account="old") as studio:
        tuned = trained(studio)
        doors = {urlsplit(url).netloc for url in tuned["training_file_ids"]}
        assert doors == {urlsplit(studio.cloud.url("oss_public")).netloc}
        assert studio.endpoints["OSS_PUBLIC_ENDPOINT"] != studio.endpoints["OSS_ENDPOINT"]


def test_photos_in_an_account_of_today_are_trained_by_files_of_which_none_is_left(tmp_path: Path) -> None:
    with running_studio(tmp_path, oss_account="today") as studio:
        tuned = trained(studio)
        assert jobs_of(tuned) == {studio.document("lin")["current"]["job_id"]}
        assert all("://" not in file for file in tuned["training_file_ids"])
        told = studio.get("/readyz").json()["photo_access"]
        assert (told["setting"], told["way"]) == ("auto", "file")
        assert urlsplit(studio.cloud.url("oss_public")).netloc in told["message"]
        files = studio.cloud.studio.files
        eventually(lambda: files.page(offset=0, limit=1)[0] == 0, 45)


def test_photos_in_an_account_with_a_domain_are_trained_by_urls_of_that_domain(tmp_path: Path) -> None:
    with running_studio(tmp_path, oss_account="photos.localhost") as studio:
        tuned = trained(studio)
        assert {urlsplit(url).hostname for url in tuned["training_file_ids"]} == {"photos.localhost"}
        assert studio.get("/readyz").json()["photo_access"]["way"] == "url"
        assert studio.called("UploadFiles") == 0
