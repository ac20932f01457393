"""Small pictures of a person's photos, made by OSS, as addresses that stand in the page itself.

So a page is one call of the function, and no picture has an address of its own. Called by ``page_answers``.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.domain.object_keys import upload_key
from shared.errors import Trouble
from shared.http_api.reader import Reader
from shared.logs import warn

SHOWN = 12
AT_ONCE = 4
REMEMBERED = 200
WITH_PICTURE = frozenset(
    {
        *("usable", "unprepared", "unchecked", "no_face", "several_faces", "unfit", "not_judged"),
        *("similar", "over_limit", "duplicate", "too_few_pixels", "too_narrow"),
    }
)
"""Verdicts on files that OSS can show."""

_remembered: OrderedDict[tuple[str, object], str] = OrderedDict()


def thumbnails(reader: Reader, document: Mapping[str, Any]) -> dict[str, str]:
    """Return ``data:`` addresses by the names of the photos of a person's document; some may be missing.

    A photo whose picture OSS does not give now is shown without, and asked for with the next page.
    """
    person_id = str(document.get("person_id", ""))
    current = document.get("current")
    photos: Sequence[Mapping[str, Any]] = current.get("photos", ()) if isinstance(current, dict) else ()
    if isinstance(current, dict) and current.get("photos_removed_at"):
        # OSS has none of them any more; what this instance remembers is not shown either.
        return {}
    shown = [one for one in photos if one["verdict"] in WITH_PICTURE and not one["archive"]][:SHOWN]
    wanted = {one["name"]: (upload_key(person_id, one["name"]), one["uploaded_at"]) for one in shown}
    missing = {name: version for name, version in wanted.items() if version not in _remembered}
    if missing:
        bucket = reader.bucket()

        def read(version: tuple[str, object]) -> bytes:
            try:
                return bucket.thumbnail(version[0])
            except Trouble as trouble:
                warn("thumbnail_not_read", code=trouble.code)
                return b""

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for version, picture in zip(missing.values(), pool.map(read, missing.values()), strict=True):
                if picture:
                    _remember(version, picture)
    return {name: _remembered[version] for name, version in wanted.items() if version in _remembered}


def _remember(version: tuple[str, object], picture: bytes) -> None:
    _remembered[version] = f"data:image/jpeg;base64,{base64.b64encode(picture).decode('ascii')}"
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
