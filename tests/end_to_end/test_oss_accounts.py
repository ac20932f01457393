"""The kinds of OSS accounts: who is trained by URLs through which door."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from .support import running_studio


def test_photos_in_an_account_from_before_are_trained_by_urls_of_the_public_door(tmp_path: Path) -> None:
    with running_studio(tmp_path, oss_account="old") as studio:
        studio.upload_portraits("lin", 1, 2, 3)
        studio.mark_ready("lin")
        studio.wait_until_trained("lin", seconds=60)
        (tuned,) = studio.ledger()
        doors = {urlsplit(url).netloc for url in tuned["training_file_ids"]}
        assert doors == {urlsplit(studio.cloud.url("oss_public")).netloc}
        assert studio.endpoints["OSS_PUBLIC_ENDPOINT"] != studio.endpoints["OSS_ENDPOINT"]
