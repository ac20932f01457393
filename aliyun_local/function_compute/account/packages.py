"""The code of created functions and layers: zips that were sent, or that lie in OSS, and their contents.

``functions`` and ``layers`` store code here and keep its digest. A package is stored once, whatever uses it,
and is never deleted: functions run on with a layer version that has been deleted (Function Compute, "Create a
custom layer"), and a data folder is thrown away as a whole.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aliyun_local.crc64 import fastest
from aliyun_local.function_compute.errors import ResourceRefused, invalid
from aliyun_local.function_compute.running.own_code import MODULE
from aliyun_local.private_files import make_private_folder
from aliyun_local.template.views import MAX_SOURCE_CHARACTERS

FetchObject = Callable[[str, str], bytes]
"""Returns the bytes of an object of the account's OSS by bucket and key; raises LookupError without one."""

# Function Compute, "Quotas and limits" (2026): an unpacked layer; code by the API is bounded by the request.
MAX_UNPACKED_BYTES = 500 * 1024**2
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Package:
    """A stored zip: the name by which it is kept, its bytes, and its CRC-64 as the API writes it."""

    digest: str
    size: int
    checksum: str


class Packages:
    """Zips and their contents below one folder. Thread-safe: what is there once does not change."""

    def __init__(self, folder: Path | None, fetch_object: FetchObject) -> None:
        """Keep packages in ``folder``; None keeps them in a temporary one until :meth:`close`."""
        self._temporary = tempfile.TemporaryDirectory(prefix="function-code-") if folder is None else None
        self._folder = Path(self._temporary.name) if self._temporary else Path(folder or "")
        self._fetch_object = fetch_object
        make_private_folder(self._folder)

    def store(self, code: Mapping[str, Any]) -> Package:
        """Store the code that a call brings, and unpack it.

        Args:
            code: the API's InputCodeLocation; ROS's ``sourceCode`` beside it. A zip goes before a source, a
                source before an object (ROS, "ALIYUN::FC3::Function", Code).

        Raises:
            ResourceRefused: there is no code, it is not a zip, or its checksum is another.
        """
        content = self._content_of(code)
        checksum = str(fastest()(content, 0))
        if code.get("checksum") not in (None, "", checksum):
            raise invalid(f"the code's checksum is {checksum}, not {code['checksum']}")
        digest = hashlib.sha256(content).hexdigest()
        if not self.folder(digest).is_dir():
            self._unpack(content, digest)
        return Package(digest=digest, size=len(content), checksum=checksum)

    def folder(self, digest: str) -> Path:
        """Return the folder of a package's contents."""
        return (self._folder / digest).resolve()

    def zip_of(self, digest: str) -> bytes | None:
        """Return a package as it was stored; None for an unknown digest."""
        path = self._folder / f"{digest}.zip"
        return path.read_bytes() if digest.isalnum() and path.is_file() else None

    def merged(self, digests: Sequence[str]) -> Path:
        """Return the folder that ``/opt`` is with these layers, of which the first goes before the others.

        Function Compute, "Create a custom layer": of several files with one name, that of the layer which is
        configured first stays.
        """
        if len(digests) == 1:
            return self.folder(digests[0])
        name = "opt-" + hashlib.sha256("\n".join(digests).encode()).hexdigest()
        folder = (self._folder / name).resolve()
        if not folder.is_dir():
            partial = self._partial()
            for digest in reversed(digests):
                shutil.copytree(self.folder(digest), partial, dirs_exist_ok=True)
            _put_in_place(partial, folder)
        return folder

    def close(self) -> None:
        """Throw away a temporary folder."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def _content_of(self, code: Mapping[str, Any]) -> bytes:
        if code.get("zipFile"):
            try:
                return base64.b64decode(str(code["zipFile"]), validate=True)
            except (binascii.Error, ValueError):
                raise invalid("zipFile is not base64") from None
        if code.get("sourceCode"):
            return _zip_of_source(str(code["sourceCode"]))
        bucket, key = code.get("ossBucketName"), code.get("ossObjectName")
        if not bucket or not key:
            raise invalid("the code needs zipFile, or ossBucketName and ossObjectName")
        try:
            return self._fetch_object(str(bucket), str(key))
        except LookupError:
            raise invalid(f"the code oss://{bucket}/{key} does not exist in this region") from None

    def _unpack(self, content: bytes, digest: str) -> None:
        partial = self._partial()
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                    raise ResourceRefused(400, "CodeSizeExceeded", "the unpacked code exceeds 500 MB")
                # extractall keeps every file below the folder, whatever its name in the archive.
                archive.extractall(partial)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as problem:
            shutil.rmtree(partial, ignore_errors=True)
            raise invalid(f"the code cannot be unpacked as a zip: {problem}") from None
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        (self._folder / f"{digest}.zip").write_bytes(content)
        _put_in_place(partial, self.folder(digest))

    def _partial(self) -> Path:
        partial = self._folder / f".{os.urandom(8).hex()}"
        make_private_folder(partial)
        return partial


def _zip_of_source(source: str) -> bytes:
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise invalid(f"SourceCode has more than {MAX_SOURCE_CHARACTERS} characters")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(MODULE, _NO_TIME), source)
    return made.getvalue()


def _put_in_place(partial: Path, folder: Path) -> None:
    try:
        partial.replace(folder)
    except OSError:
        # Another call has put the same content there first.
        shutil.rmtree(partial, ignore_errors=True)
