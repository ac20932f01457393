"""A cloud in this process, the real handler with the real SDKs before it, and a user who uploads."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from aliyun_local.mocking import MockCloud, mock_aliyun
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.serving.wire import LoggedRequest
from functions import collect
from local.deployment import REQUIRED_PARAMETERS, TEMPLATE
from shared import assembly
from shared.domain.job import Job
from shared.domain.object_keys import upload_key
from shared.workflow import pacing
from tests.uploads.pictures import InParts

with warnings.catch_warnings():
    # oss2 2.19.1 has an invalid escape in a docstring, which Python 3.12 remarks on while it compiles it.
    warnings.simplefilter("ignore")
    import oss2

BUCKET = "facechain-photos"
CONTEXT = SimpleNamespace(
    credentials=SimpleNamespace(access_key_id="id", access_key_secret="secret", security_token=None),
    function=SimpleNamespace(timeout=60),
)
# Without TLS the emulator that fetches a snapshot need not read the machine's certificates for each one.
PUBLIC_ENDPOINT = "http://oss-cn-beijing.aliyuncs.com"


class Studio:
    """A user who uploads, and the function that each upload calls."""

    def __init__(self, cloud: MockCloud, bucket: oss2.Bucket) -> None:
        self.cloud = cloud
        self._bucket = bucket

    def upload(self, person: str, name: str, content: bytes) -> None:
        key = upload_key(person, name)
        if not isinstance(content, InParts):
            self._bucket.put_object(key, content)
            return
        upload = self._bucket.init_multipart_upload(key).upload_id
        part = self._bucket.upload_part(key, upload, 1, bytes(content))
        self._bucket.complete_multipart_upload(key, upload, [oss2.models.PartInfo(1, part.etag)])

    def handle_uploads(self) -> dict[str, str]:
        """Call the handler with each event, and with those that follow from them; returns every outcome."""
        outcomes: dict[str, str] = {}
        while events := self.cloud.take_events():
            for event in events:
                # The trigger's prefix: a snapshot calls no function.
                if json.loads(event)["events"][0]["oss"]["object"]["key"].startswith("people/"):
                    answer: Any = collect.handler(event, CONTEXT)
                    outcomes |= answer["outcomes"]
        return outcomes

    def job(self, person: str) -> Job | None:
        return assembly.build_world(CONTEXT).jobs.latest(person)

    def snapshots(self, job: Job) -> dict[str, bytes]:
        """The prepared photos of a job, by the photos' names."""
        return {
            photo.name: self.cloud.oss.get(BUCKET, photo.snapshot)[1]
            for photo in job.photo_set.photos
            if photo.snapshot
        }

    def calls_since(self, number: int) -> list[LoggedRequest]:
        return [call for call in self.cloud.requests if call.number > number]


@contextmanager
def open_studio(patch: pytest.MonkeyPatch) -> Iterator[Studio]:
    # DashScope downloads the snapshots from the public domain.
    with mock_aliyun(oss_behaviour=OssBehaviour(public_data_access=True)) as cloud:
        resources = cloud.create_stores(
            TEMPLATE, **{**REQUIRED_PARAMETERS, "OssPublicEndpoint": PUBLIC_ENDPOINT}
        )
        environment = next(
            function.environment for name, function in resources.functions.items() if name.endswith("collect")
        )
        for name, value in environment.items():
            patch.setenv(name, str(value))
        patch.setattr(assembly, "_kept", {})
        # The service's limit of 5 a second is not the matter here, nor how the function keeps below it.
        cloud.dashscope.behaviour.detections_per_second = 1_000_000
        patch.setattr(pacing, "SPACING_MS", 0)
        # Nor OSS's quota of image processing.
        cloud.oss_behaviour.processings_per_second = 1_000_000
        cloud.oss_behaviour.processed_bytes_per_second = 2**40
        session = oss2.Session()
        auth = oss2.AuthV4("id", "secret")
        bucket = oss2.Bucket(
            auth,
            "https://oss-cn-beijing-internal.aliyuncs.com",
            BUCKET,
            region="cn-beijing",
            session=session,
            enable_crc=False,
        )
        try:
            yield Studio(cloud, bucket)
        finally:
            session.session.close()
