"""``python -m local upload`` and ``sign``: photos into the local cloud that runs in this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import oss2

from local.endpoints import ENDPOINTS_FILE
from shared.domain.object_keys import READY_MARKER, Ignored, parse_upload, upload_key

URL_SECONDS = 3600


class NoLocalCloud(RuntimeError):
    """No local cloud runs in this folder."""


def upload(person: str, files: Sequence[Path], *, ready: bool) -> None:
    """Upload files as photos of a person, and with ``ready`` the marker that completes the set.

    Raises:
        NoLocalCloud: none runs here.
        OSError: a file cannot be read.
        RuntimeError: the local OSS refused, or the product would ignore the upload.
    """
    bucket = _bucket()
    keys = [_key(person, file.name) for file in files]
    try:
        for file, key in zip(files, keys, strict=True):
            bucket.put_object_from_file(key, str(file))
            print(f"{file} -> oss://{bucket.bucket_name}/{key}")
        if ready:
            bucket.put_object(_key(person, READY_MARKER), b"")
    except oss2.exceptions.RequestError as problem:
        raise NoLocalCloud("the local cloud does not answer; start it with 'make up'") from problem
    except oss2.exceptions.OssError as problem:
        raise RuntimeError(f"OSS refused: {problem.code}: {problem.message}") from problem


def sign(person: str, name: str) -> str:
    """Return a URL that takes one photo of a person by PUT, for an hour.

    Raises:
        NoLocalCloud: none runs here.
        RuntimeError: the product would ignore the upload.
    """
    url: str = _bucket().sign_url("PUT", _key(person, name), URL_SECONDS, slash_safe=True)
    return url


def _key(person: str, name: str) -> str:
    key = upload_key(person, name)
    parsed = parse_upload(key)
    if isinstance(parsed, Ignored):
        raise RuntimeError(f"{key} would be ignored: {parsed.reason}")
    return key


def _bucket() -> oss2.Bucket:
    if not ENDPOINTS_FILE.exists():
        raise NoLocalCloud(f"no local cloud runs here ({ENDPOINTS_FILE} is missing); start it with 'make up'")
    lines = ENDPOINTS_FILE.read_text(encoding="utf-8").splitlines()
    values = dict(line.partition("=")[::2] for line in lines)
    auth = oss2.AuthV4(values["ALIBABA_CLOUD_ACCESS_KEY_ID"], values["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    return oss2.Bucket(auth, values["OSS_ENDPOINT"], values["OSS_BUCKET"], region=values["OSS_REGION"])
