"""The services and the clock in memory, for tests of workflow steps in which one answer or one race decides.

:class:`Memory` fulfils every port of :mod:`shared.workflow.ports` by itself. A test sets the answers as
attributes and reads from others what has been written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from shared.domain.fine_tunes import FineTune, NewestFineTunes
from shared.domain.job import Job
from shared.domain.object_keys import Kind, Upload
from shared.domain.photo_access import AccessSettings, Way
from shared.domain.photos import Stored
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.stored_files import StoredFile
from shared.domain.trouble_kinds import Api
from shared.domain.trouble_kinds import Kind as Kinds
from shared.errors import REPLACED, NotFound, Permanent, Trouble
from shared.workflow.access_record import AccessMemory, AccessRecord
from shared.workflow.health_record import HealthRecord
from shared.workflow.ports import Listed, StartedUpload, Version, World
from tests.bitmaps import bitmap_of
from tests.unit.memory_portraits import MemoryPortraits
from tests.unit.memory_tables import MemoryTables
from tests.unit.support import NOW, RULES, fine_tune

CLEAN_JPEG = b"\xff\xd8\xff\xda\x00\x02picture\xff\xd9"
DOOR = "oss.example"
LIFE_MS = 120_000
"""An invocation lives so long."""


class MemoryBucket(MemoryTables):
    """The tables and the bucket.

    Attributes:
        objects: the bucket's objects by key.
        contents: the contents of some of them.
        prepared: keys of the objects that OSS has prepared.
        prepared_as: a snapshot's size in bytes.
        copies: keys of copied objects, with the keys that they were copied from.
        looks_like: what objects look like, by key: those that look alike have the same bitmap, and all others
            bitmaps that have nothing in common.
        snapshot_begins_with: what a ranged read returns of what has no content.
        reads_any: what every object is read as, whatever its key.
        deleted: keys of deleted objects.
        while_preparing: what happens to the object under a key while OSS prepares it.
        turned: keys of turned pictures, with what they were made of and the degrees.
        lost: keys that are not there any more, although a row names them.
        results: the documents that were written, by key.
        versions: what the bucket keeps of objects; with any it is versioned.
        instructions: what OSS was asked to make of pictures that were read processed.
        uploads: the parts of objects that are being written, by their keys and the ids of the uploads.
    """

    name = "photos"

    def __init__(self, *jobs: Job, slot: Slot | None = None) -> None:
        super().__init__(*jobs, slot=slot)
        self.objects: dict[str, Stored] = {}
        self.instructions: list[str] = []
        self.contents: dict[str, bytes] = {}
        self.prepared: list[str] = []
        self.prepared_as = 1000
        self.copies: dict[str, str] = {}
        self.lost: set[str] = set()
        self.while_preparing: Callable[[str], None] = lambda _: None
        self.looks_like: dict[str, str] = {}
        self.turned: dict[str, tuple[str, int]] = {}
        self.snapshot_begins_with = CLEAN_JPEG
        self.reads_any = b""
        self.deleted: list[str] = []
        self.results: dict[str, str] = {}
        self.versions: list[Version] = []
        self.uploads: dict[tuple[str, str], dict[int, bytes]] = {}

    def upload(
        self, name: str, *, at: int = NOW, person_id: str = "li", kind: Kind = Kind.PHOTO, **changes: Any
    ) -> Upload:
        """Put an object with the ETag that :func:`tests.unit.support.photo` gives it, changed as told."""
        upload = Upload(person_id, name, kind)
        size = 0 if kind is Kind.MARKER else 1000
        stored = Stored(etag=f"E-{name}", size=size, modified_at=at)
        self.objects[upload.key] = replace(stored, **changes)
        return upload

    def mark(self, content: bytes = b"", *, at: int = NOW, name: str = RULES.ready_marker) -> Upload:
        """Put a marker that says ``content``."""
        upload = self.upload(name, at=at, kind=Kind.MARKER, size=len(content))
        self.contents[upload.key] = content
        return upload

    def stored(self, key: str) -> Stored | None:
        self.meet("stored", key)
        return self.objects.get(key)

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        self.meet("prepare", key)
        if key in self.lost:
            raise NotFound("NoSuchKey", key)
        self.while_preparing(key)
        if etag and key in self.objects and self.objects[key].etag != etag:
            raise NotFound(REPLACED, key, kind=Kinds.GONE, api=Api.PROCESSING)
        self.prepared.append(key)
        return self.prepared_as

    def bitmap(self, key: str, width: int, height: int) -> bytes:
        self.calls.append("bitmap")
        self.meet("bitmap", key)
        return bitmap_of(self.looks_like.get(key, key))

    def processed(self, key: str, instructions: str, most_bytes: int) -> bytes:
        self.calls.append("processed")
        self.meet("processed", key)
        self.instructions.append(instructions)
        return self.contents[key]

    def turn(self, key: str, degrees: int, target: str) -> None:
        self.calls.append(f"turn {degrees}")
        self.meet("turn", key)
        self.turned[target] = (key, degrees)

    def copy(self, key: str, target: str) -> None:
        self.meet("copy", key)
        if key in self.lost:
            raise NotFound("NoSuchKey", key)
        self.copies[target] = key

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        assert 0 < count <= 1000, "OSS refuses it"
        self.calls.append(f"list {prefix}")
        self.meet("list_page", prefix)
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        # No listing tells a CRC-64.
        page = [Listed(key, replace(self.objects[key], crc64="")) for key in keys[:count]]
        return page, keys[count - 1] if len(keys) > count else ""

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        self.calls.append("list folders")
        self.meet("list_folders")
        keys = (key for key in self.objects if key.startswith(prefix))
        folders = {prefix + key[len(prefix) :].partition("/")[0] + "/" for key in keys}
        return sorted(folder for folder in folders if folder > after)[:count], ""

    def signed_url(self, key: str) -> str:
        return f"https://photos.oss.example/{key}?signature=s"

    def read(self, key: str, max_bytes: int = 0) -> bytes:
        self.meet("read", key)
        if self.reads_any:
            return self.reads_any
        if key not in self.contents:
            raise NotFound("NoSuchKey", key)
        if max_bytes and len(self.contents[key]) > max_bytes:
            raise Permanent("object_too_large", key)
        return self.contents[key]

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        self.meet("read_range", key)
        if key in self.lost:
            raise NotFound("NoSuchKey", key)
        if key in self.contents:
            return self.contents[key][start : start + count]
        return self.snapshot_begins_with

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        self.meet("write", key)
        self.contents[key] = content

    def delete(self, key: str) -> None:
        self.meet("delete", key)
        self.deleted.append(key)

    def is_versioned(self) -> bool:
        self.meet("is_versioned")
        return bool(self.versions)

    def versions_page(self, prefix: str, after: Version | None) -> tuple[list[Version], Version | None]:
        self.meet("versions_page", prefix)
        return [one for one in self.versions if one.key.startswith(prefix)], None

    def delete_version(self, version: Version) -> None:
        self.meet("delete_version", version.key)
        self.versions.remove(version)

    def begin_upload(self, key: str, content_type: str) -> str:
        self.meet("begin_upload", key)
        upload_id = f"upload{len(self.uploads)}"
        self.uploads[key, upload_id] = {}
        return upload_id

    def upload_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        self.meet("upload_part", key)
        self._upload(key, upload_id)[number] = content
        return hashlib.md5(content).hexdigest()

    def complete_upload(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        self.meet("complete_upload", key)
        parts = self._upload(key, upload_id)
        if [hashlib.md5(parts.get(number, b"")).hexdigest() for number in range(1, len(etags) + 1)] != [
            *etags
        ]:
            raise Permanent("InvalidPart", key)
        assert all(len(parts[number]) >= 100 * 1024 for number in range(1, len(etags))), "EntityTooSmall"
        content = b"".join(parts[number] for number in range(1, len(etags) + 1))
        self.contents[key] = content
        self.objects[key] = Stored(etag=f"E-{key}", size=len(content), modified_at=NOW)
        del self.uploads[key, upload_id]

    def _upload(self, key: str, upload_id: str) -> dict[int, bytes]:
        if (key, upload_id) not in self.uploads:
            raise Permanent("NoSuchUpload", key)
        return self.uploads[key, upload_id]

    def abort_upload(self, key: str, upload_id: str) -> None:
        self.meet("abort_upload", key)
        self.uploads.pop((key, upload_id), None)

    def uploads_page(
        self, prefix: str, after: StartedUpload | None
    ) -> tuple[list[StartedUpload], StartedUpload | None]:
        self.meet("uploads_page", prefix)
        return [StartedUpload(key, name, NOW) for key, name in self.uploads if key.startswith(prefix)], None

    def write_json(self, key: str, text: str) -> None:
        self.calls.append("deliver")
        self.meet("write_json", key)
        self.results[key] = text


class Memory(MemoryBucket):
    """All tables, the bucket, DashScope and the clock.

    Attributes:
        time: the present moment; milliseconds since the epoch.
        save_takes_ms: how long each save of a job takes.
        key_id: stands for the API key.
        listed: DashScope's list of fine-tunes.
        known: the fine-tunes by id.
        answer: the answer to a create, or the trouble that is raised in its place.
        created: the files of each create.
        canceled: ids of canceled fine-tunes.
        deleted: ids of deleted fine-tunes.
        faces: what the face check says of every picture.
        faces_turned: what it says of pictures that were turned by so many degrees, if that is something else.
        checked: the URLs that were shown to the face check; ``checked_together``: as many in each call.
        paced: how often a face check has waited for its turn.
        access_memory: what the instance remembers of how photos get to DashScope.
        portraits: its portraits.
        stored_files: the files in DashScope's file service.
        deleted_files: ids of files that DashScope was told to forget.
        uploaded: the contents of all files that were ever stored there, by name.
    """

    def __init__(self, *jobs: Job, slot: Slot | None = None) -> None:
        super().__init__(*jobs, slot=slot)
        self.time = NOW
        self.save_takes_ms = 0
        self.key_id = "key"
        self.listed: list[FineTune] = []
        self.list_is_short = True
        self.list_is_reached = True
        self.known: dict[str, FineTune] = {}
        self.answer: FineTune | Trouble = fine_tune("PENDING", "ft-new")
        self.created: list[tuple[str, ...]] = []
        self.canceled: list[str] = []
        self.deleted: list[str] = []
        self.faces = (True, "")
        self.faces_turned: dict[int, tuple[bool, str]] = {}
        self.checked: list[str] = []
        self.checked_together: list[int] = []
        self.paced = 0
        self.access_memory = AccessMemory()
        self.portraits = MemoryPortraits()
        self.stored_files: list[StoredFile] = []
        self.deleted_files: list[str] = []
        self.uploaded: dict[str, bytes] = {}

    def world(self, rules: Rules = RULES, *, way: Way | None = Way.URL, **changes: Any) -> World:
        """Return the world of an invocation that begins now; ``way``: how photos get to DashScope."""
        tokens = iter(f"token{number}" for number in range(10_000))
        world = World(
            jobs=self,
            control=self,
            requests=self,
            seen=self,
            ignored=self,
            health=HealthRecord(self, self, dead_at=self.time + LIFE_MS),
            access=AccessRecord(self, self, AccessSettings(way=way, door=DOOR), self.access_memory),
            bucket=self,
            dashscope=self,
            clock=self,
            rules=rules,
            dead_at=self.time + LIFE_MS,
            token=lambda: next(tokens),
            random=lambda: 0.5,
            pace_face_checks=self._pace,
            outboxes=self._outboxes,
        )
        return replace(world, **changes)

    def save(self, before: Job | None, after: Job) -> Job:
        saved = super().save(before, after)
        self.time += self.save_takes_ms
        return saved

    def _outboxes(self) -> NoReturn:
        raise AssertionError("nobody is erased here")

    def _pace(self) -> None:
        self.paced += 1

    # -- the clock ----------------------------------------------------------------------------------

    def now(self) -> int:
        return self.time

    def monotonic(self) -> int:
        return self.time

    def sleep(self, milliseconds: int) -> None:
        self.time += milliseconds

    # -- DashScope ----------------------------------------------------------------------------------

    def create_fine_tune(self, files: Sequence[str]) -> FineTune:
        self.calls.append("create")
        self.created.append(tuple(files))
        if isinstance(self.answer, Trouble):
            raise self.answer
        return self.answer

    def fine_tune(self, fine_tune_id: str) -> FineTune:
        self.calls.append("poll")
        self.meet("fine_tune", fine_tune_id)
        if fine_tune_id not in self.known:
            raise NotFound("NotFound", "Not Found!")
        return self.known[fine_tune_id]

    def fine_tunes(self, *, within_seconds: float = 20) -> Iterator[FineTune]:
        self.calls.append("list fine-tunes")
        self.meet("fine_tunes")
        return iter(self.listed)

    def newest_fine_tunes(self, since: int) -> NewestFineTunes:
        self.calls.append("list newest")
        self.meet("fine_tunes")
        return NewestFineTunes(
            fine_tunes=list(self.listed), is_whole=self.list_is_short, is_reached=self.list_is_reached
        )

    def cancel_fine_tune(self, fine_tune_id: str) -> None:
        self.meet("cancel_fine_tune")
        self.canceled.append(fine_tune_id)

    def delete_fine_tune(self, fine_tune_id: str) -> None:
        self.meet("delete_fine_tune")
        self.deleted.append(fine_tune_id)

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        self.meet("detect_faces")
        self.checked += urls
        self.checked_together.append(len(urls))
        degrees_of = {self.signed_url(key): degrees for key, (_, degrees) in self.turned.items()}
        return [self.faces_turned.get(degrees_of.get(url, 0), self.faces) for url in urls]

    def files(self) -> list[StoredFile]:
        self.meet("files")
        return list(self.stored_files)

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        self.meet("upload_file", name)
        self.uploaded[name] = content
        file_id = f"file-{len(self.uploaded)}"
        self.stored_files.append(StoredFile(file_id, name, self.time))
        return file_id

    def file_url(self, file_id: str, api: Api) -> str:
        self.meet("file_url", file_id)
        return f"http://files.dashscope.example/{file_id}?Signature=s"

    def delete_file(self, file_id: str) -> None:
        self.meet("delete_file", file_id)
        self.deleted_files.append(file_id)
        self.stored_files = [file for file in self.stored_files if file.file_id != file_id]
