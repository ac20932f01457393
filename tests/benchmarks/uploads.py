"""The suite of uploads: the memory of ``collect``, and its calls for a photo."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any

import requests

from aliyun_local.samples import encoded, portrait
from tests.benchmarks.harness import Benchmark, Sample
from tests.benchmarks.processes import StoresProcess, running
from tests.benchmarks.stores import BUCKET

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2

MEGABYTE = 1024 * 1024
MEMORY_BAR = 128
LARGEST_ARCHIVE, LARGEST_PHOTO, PHOTO = 500 * MEGABYTE, 20 * MEGABYTE, 2 * MEGABYTE
PART = 25 * MEGABYTE
LARGE_PHOTOS, PHOTOS_COUNTED, PHOTOS_TRIED = 3, 5, 25
_BARS = {
    "reads of Tablestore": 1,
    "writes of Tablestore": 2,
    "calls of image processing": 1,
    "face checks": 1,
    "downloads of the upload": 0,
}
_READS = ("GetRow", "GetRange", "BatchGetRow")
_WRITES = ("PutRow", "UpdateRow", "DeleteRow", "BatchWriteRow")


@contextmanager
def uploads() -> Iterator[Sequence[Benchmark]]:
    """Give the benchmarks of ``collect``; the services are started with the first measurement."""
    with ExitStack() as opened:
        studio = _Studio(opened)
        yield [
            _of_memory("collect: memory for a zip of 500 MB", studio.memory_for_the_largest_zip),
            _of_memory("collect: memory for a photo of 20 MB", studio.memory_for_the_largest_photo),
            *(_of_calls(studio, what, bar) for what, bar in _BARS.items()),
        ]


def _of_memory(name: str, measure: Sample) -> Benchmark:
    return Benchmark(name=name, unit="MB", measure=measure, bar=MEMORY_BAR)


def _of_calls(studio: _Studio, what: str, bar: int) -> Benchmark:
    return Benchmark(name=f"A photo: {what}", unit="calls", measure=lambda: studio.calls[what], bar=bar)


class _Studio:
    """The services in a process of their own, and the uploads to them."""

    def __init__(self, opened: ExitStack) -> None:
        self._stores = StoresProcess(opened)

    def memory_for_the_largest_zip(self) -> float:
        key = "people/zip/photos.zip"
        parts = _Parts(self._stores.bucket, key)
        filler = os.urandom(LARGEST_PHOTO)
        picture = encoded(portrait(1, size=(768, 1024)))
        with zipfile.ZipFile(parts, "w") as archive:
            count, left = 0, LARGEST_ARCHIVE - MEGABYTE
            while left > PHOTO:
                # Some have the largest size of a photo and are compressed, which takes the most memory.
                is_large = count < LARGE_PHOTOS
                size = LARGEST_PHOTO if is_large else PHOTO
                start = picture + b"%d" % count
                method = zipfile.ZIP_DEFLATED if is_large else zipfile.ZIP_STORED
                archive.writestr(f"{count:03}.jpg", start + filler[: size - len(start)], method)
                count, left = count + 1, left - size
        parts.close()
        with _collecting(self._stores.environment) as ask:
            answer = ask(key, "CompleteMultipartUpload")
        stored = sum(1 for _ in oss2.ObjectIterator(self._stores.bucket, prefix=f"{key}/"))
        assert (answer["outcome"], stored) == ({key: "unpacked"}, count), (answer, stored)
        return float(answer["megabytes"])

    def memory_for_the_largest_photo(self) -> float:
        key, picture = "people/photo/1.jpg", encoded(portrait(2, size=(3024, 4032)))
        self._stores.bucket.put_object(key, picture + bytes(LARGEST_PHOTO - len(picture)))
        with _collecting(self._stores.environment) as ask:
            answer = ask(key)
        assert answer["outcome"] == {key: "usable"}, answer
        return float(answer["megabytes"])

    @cached_property
    def calls(self) -> Mapping[str, int]:
        """The highest number of calls of each kind for one photo, by the services' request logs.

        On a machine that has too much to do a download may take longer than the face check waits for it, and
        the check is made again: whatever is repeated after such an answer says nothing about a photo. It is
        not counted, and another photo is. A product that gets such answers by itself runs out of photos. Nor
        is the first photo of the instance counted, which also asks how DashScope gets at photos.
        """
        most: Counter[str] = Counter()
        counted = 0
        with _collecting(self._stores.environment) as ask:
            for number in range(PHOTOS_TRIED):
                if counted == PHOTOS_COUNTED:
                    return most
                key = f"people/counted/{number}.jpg"
                self._stores.bucket.put_object(key, encoded(portrait(300 + number, size=(480, 600))))
                self._clear_the_log()
                answer = ask(key)
                calls = self._logged()
                if number == 0 or any(map(is_disturbed, calls)):
                    continue
                assert answer["outcome"] == {key: "usable"}, answer
                most |= Counter(kinds_of_calls(calls, key))
                counted += 1
        raise AssertionError(f"{PHOTOS_TRIED} photos, and only {counted} of them without a failed call")

    def _clear_the_log(self) -> None:
        requests.delete(self._log, timeout=10).raise_for_status()

    def _logged(self) -> list[Mapping[str, Any]]:
        logged: list[Mapping[str, Any]] = requests.get(self._log, timeout=10).json()["requests"]
        return logged

    @property
    def _log(self) -> str:
        return f"{self._stores.environment['OSS_ENDPOINT']}/_control/requests"


def is_disturbed(call: Mapping[str, Any]) -> bool:
    """Whether a call got no answer, or one that asks for another try."""
    is_refused_check = call["operation"] == "DetectFaces" and call["status"] != 200
    return call["status"] in (0, 429) or call["status"] >= 500 or is_refused_check


def kinds_of_calls(calls: Sequence[Mapping[str, Any]], key: str) -> Iterator[str]:
    """Yield what each call is counted as, if it is; ``key`` is that of the upload."""
    for call in calls:
        if call["operation"] in _READS:
            yield "reads of Tablestore"
        elif call["operation"] in _WRITES:
            yield "writes of Tablestore"
        elif call["operation"] == "PostProcessTask":
            yield "calls of image processing"
        elif call["operation"] == "DetectFaces":
            yield "face checks"
        elif call["operation"] == "GetObject" and call["path"].endswith(key):
            yield "downloads of the upload"


class _Parts:
    """A file that goes to the bucket while it is written, part by part; it is never in memory as a whole."""

    def __init__(self, bucket: oss2.Bucket, key: str) -> None:
        self._bucket, self._key = bucket, key
        self._upload = bucket.init_multipart_upload(key).upload_id
        self._waiting = bytearray()
        self._parts: list[Any] = []

    def write(self, content: bytes) -> int:
        self._waiting += content
        if len(self._waiting) >= PART:
            self.flush_part()
        return len(content)

    def flush(self) -> None:
        """Do nothing: a part is sent when it is full."""

    def flush_part(self) -> None:
        number = len(self._parts) + 1
        sent = self._bucket.upload_part(self._key, self._upload, number, bytes(self._waiting))
        self._parts.append(oss2.models.PartInfo(number, sent.etag))
        self._waiting.clear()

    def close(self) -> None:
        self.flush_part()
        self._bucket.complete_multipart_upload(self._key, self._upload, self._parts)


@contextmanager
def _collecting(environment: Mapping[str, str]) -> Iterator[Any]:
    """Start ``collect`` in a process of its own; give a function that calls it for a key."""
    with running("tests.benchmarks.collecting", environment={**os.environ, **environment}) as process:

        def ask(key: str, event_name: str = "PutObject") -> dict[str, Any]:
            entry = {
                "eventName": f"ObjectCreated:{event_name}",
                "oss": {"bucket": {"name": BUCKET}, "object": {"key": key}},
            }
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps({"events": [entry]}).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
