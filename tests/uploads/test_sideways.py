"""A portrait that lies on its side without saying so, through the real handler and an upright detector.

The detector is scripted: it sees the portrait by the blue square that is in the upper left corner of an
upright one. OSS turns the pictures, and whatever is trained on stands upright.
"""

from __future__ import annotations

import io

import pytest
from PIL import Image

from aliyun_local.dashscope.account import face_detection
from aliyun_local.dashscope.pictures.inspection import Inspection
from aliyun_local.samples import encoded
from tests.uploads import pictures as p
from tests.uploads.support import Studio


def sees_upright_faces(content: bytes) -> Inspection:
    return Inspection(problem=None, faces=int(p.is_upright(Image.open(io.BytesIO(content)))))


@pytest.fixture
def upright_only(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.setattr(face_detection, "inspect", sees_upright_faces)
    return studio


def turned_portrait(degrees: int) -> bytes:
    """The portrait as a camera stores it that was turned, without saying so."""
    return encoded(p.face().rotate(degrees, expand=True), "JPEG", quality=90)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_portrait_is_trained_on_upright_however_it_lies(upright_only: Studio, degrees: int) -> None:
    studio, person = upright_only, f"turned by {degrees}"
    studio.upload(person, "scan.jpg", turned_portrait(degrees))
    studio.handle_uploads()
    job = studio.job(person)
    assert job is not None
    (photo,) = job.photo_set.photos
    assert (photo.verdict.value, photo.turned) == ("usable", degrees)
    (snapshot,) = studio.snapshots(job).values()
    picture = p.decoded(snapshot)
    assert p.is_upright(picture)
    assert picture.size == p.SIZE
    assert photo.pixels == p.SIZE[0] * p.SIZE[1]
    # The picture as it lay is the only other one that is left.
    left = studio.cloud.oss.list_objects("facechain-photos", prefix=f"submissions/{job.job_id}/", limit=10)
    assert len(left.rows) == (1 if degrees == 0 else 2)


def test_a_landscape_has_no_face_whichever_way_it_is_turned(upright_only: Studio) -> None:
    studio = upright_only
    studio.upload("landscape", "view.jpg", p.nobody())
    started = len(studio.cloud.requests)
    studio.handle_uploads()
    job = studio.job("landscape")
    assert job is not None
    assert [photo.verdict.value for photo in job.photo_set.photos] == ["no_face"]
    calls = [f"{call.service} {call.operation}" for call in studio.cloud.requests[started:]]
    assert calls.count("oss PostProcessTask") == 4
    assert calls.count("dashscope DetectFaces") == 2
    assert len(studio.snapshots(job)) == 1
