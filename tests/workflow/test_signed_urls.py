"""The URLs that DashScope fetches snapshots by: public, typed and sized, short-lived, and never shown."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from shared.clients.photo_bucket import SIGNED_FOR_SECONDS, PhotoBucket

from aliyun_local.mocking import mock_aliyun
from aliyun_local.mocking.cloud import MockCloud
from aliyun_local.oss.behaviour import OssBehaviour
from shared.clients.credentials import Credentials

DAY_SECONDS = 24 * 3600
ROLES_CREDENTIALS_LIVE = 36 * 3600
"""Function Compute, "Grant permissions": seconds, not changeable."""

BUCKET, SNAPSHOT = "photos", "submissions/0123456789abcdef0123-1/00ff.jpg"


@pytest.fixture
def cloud() -> Iterator[MockCloud]:
    # The public domain is the matter here, and only an account from before 2025-03-20 is answered there.
    with mock_aliyun(oss_behaviour=OssBehaviour(public_data_access=True)) as cloud:
        cloud.oss.create_bucket(BUCKET)
        picture = io.BytesIO()
        Image.new("RGB", (300, 400)).save(picture, "PNG")
        cloud.oss.put(BUCKET, "people/林/自拍 1.png", picture.getvalue())
        yield cloud


@pytest.fixture
def bucket() -> PhotoBucket:
    return PhotoBucket(
        endpoint="https://oss-cn-beijing-internal.aliyuncs.com",
        public_endpoint="https://oss-cn-beijing.aliyuncs.com",
        name=BUCKET,
        region="cn-beijing",
        credentials=Credentials(access_key_id="LTAIkey", access_key_secret="secret-of-the-key"),
    )


def test_a_snapshots_url_is_public_ascii_and_answers_with_type_and_length(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    size = bucket.prepare("people/林/自拍 1.png", SNAPSHOT)
    url = bucket.signed_url(SNAPSHOT)
    assert urlsplit(url).hostname == "photos.oss-cn-beijing.aliyuncs.com"
    assert url.isascii()
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert int(answer.headers["Content-Length"]) == size == len(answer.content)


def test_a_url_dies_before_the_roles_credentials_do_and_within_what_oss_signs_for(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    bucket.prepare("people/林/自拍 1.png", SNAPSHOT)
    url = bucket.signed_url(SNAPSHOT)
    (lifetime,) = parse_qs(urlsplit(url).query)["x-oss-expires"]
    # A fine-tune may wait for hours before its photos are fetched.
    assert int(lifetime) == SIGNED_FOR_SECONDS == DAY_SECONDS < ROLES_CREDENTIALS_LIVE < 7 * DAY_SECONDS
    cloud.clock.advance(SIGNED_FOR_SECONDS - 60)
    assert requests.get(url, timeout=10).status_code == 200
    cloud.clock.advance(120)
    assert requests.get(url, timeout=10).status_code == 403


def test_an_error_of_the_bucket_names_no_signature_and_no_secret(
    cloud: MockCloud, bucket: PhotoBucket, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Exception, match="NoSuchKey") as raised:
        bucket.prepare("people/nobody.jpg", SNAPSHOT)
    told = f"{raised.value!r} {caplog.text}"
    assert not re.search(r"signature=|Signature=[0-9a-f]{10}|secret-of-the-key", told)


EXPORT = "exports/0123456789abcdef0123/token.zip"
DISPOSITION = 'attachment; filename="export.zip"'


def test_an_exports_url_lives_for_minutes_and_names_the_file(cloud: MockCloud, bucket: PhotoBucket) -> None:
    bucket.write(EXPORT, b"PK")
    url = bucket.outside_url(EXPORT, 600, DISPOSITION)
    assert urlsplit(url).hostname == "photos.oss-cn-beijing.aliyuncs.com"
    answer = requests.get(url, timeout=10)
    assert (answer.content, answer.headers["Content-Disposition"]) == (b"PK", DISPOSITION)
    cloud.clock.advance(660)
    assert requests.get(url, timeout=10).status_code == 403


def test_without_the_object_there_is_no_url_of_it(cloud: MockCloud, bucket: PhotoBucket) -> None:
    assert bucket.outside_url(EXPORT, 600, DISPOSITION) == ""


def test_an_account_that_is_refused_its_public_endpoint_has_no_url_for_outside(bucket: PhotoBucket) -> None:
    with mock_aliyun(oss_behaviour=OssBehaviour(public_data_access=False)) as today:
        today.oss.create_bucket(BUCKET)
        today.oss.put(BUCKET, EXPORT, b"PK")
        assert bucket.outside_url(EXPORT, 600, DISPOSITION) == ""
        # The function itself reads it all the same.
        assert bucket.read_range(EXPORT, 0, 10) == b"PK"


def test_the_endpoint_inside_the_region_is_no_address_for_outside(cloud: MockCloud) -> None:
    inside = PhotoBucket(
        endpoint="https://oss-cn-beijing-internal.aliyuncs.com",
        public_endpoint="https://oss-cn-beijing-internal.aliyuncs.com",
        name=BUCKET,
        region="cn-beijing",
        credentials=Credentials(access_key_id="LTAIkey", access_key_secret="secret-of-the-key"),
    )
    inside.write(EXPORT, b"PK")
    assert inside.outside_url(EXPORT, 600, DISPOSITION) == ""


def test_a_part_that_is_sent_again_takes_the_place_of_the_one_before(
    cloud: MockCloud, bucket: PhotoBucket
) -> None:
    part = b"a" * 100 * 1024
    upload_id = bucket.begin_upload(EXPORT, "application/zip")
    lost = bucket.upload_part(EXPORT, upload_id, 1, part)
    etags = [
        bucket.upload_part(EXPORT, upload_id, 1, b"b" * len(part)),
        bucket.upload_part(EXPORT, upload_id, 2, b"c"),
    ]
    (begun,), _ = bucket.uploads_page("exports/", None)
    assert (begun.key, begun.upload_id) == (EXPORT, upload_id)
    with pytest.raises(Exception, match="InvalidPart"):
        bucket.complete_upload(EXPORT, upload_id, [lost, etags[1]])
    bucket.complete_upload(EXPORT, upload_id, etags)
    assert bucket.read(EXPORT) == b"b" * len(part) + b"c"
    with pytest.raises(Exception, match="NoSuchUpload"):
        bucket.upload_part(EXPORT, upload_id, 3, b"d")
    # One that is not there any more is none.
    bucket.abort_upload(EXPORT, upload_id)
    assert bucket.uploads_page("exports/", None) == ([], None)


def test_an_upload_that_is_aborted_is_nowhere(cloud: MockCloud, bucket: PhotoBucket) -> None:
    uploads = [bucket.begin_upload(f"{EXPORT}{number}", "application/zip") for number in range(3)]
    found, following = bucket.uploads_page("exports/", None)
    assert ({one.upload_id for one in found}, following) == (set(uploads), None)
    for one in found:
        bucket.abort_upload(one.key, one.upload_id)
    assert bucket.uploads_page("exports/", None) == ([], None)
