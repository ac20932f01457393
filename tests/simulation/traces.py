"""Looks for what is left of a person in every store of a simulated deployment.

A trace is the name in any spelling, the key of the partition (ids of jobs and paths begin with it), the bytes
of a picture, or the id of a fine-tune. A tombstone has none of these.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.domain.object_keys import person_key, spellings
from tests.simulation.stores import BUCKET

if TYPE_CHECKING:
    from tests.simulation.cloud import SimulatedCloud


def words_of(person: str) -> list[str]:
    """Return what a person is known by: the name in its spellings, and the key of the partition."""
    names = {*spellings(person), unicodedata.normalize("NFC", person)}
    ascii_names = {json.dumps(name)[1:-1] for name in names} | {quote(name) for name in names}
    return [*names, *ascii_names, *(person_key(name) for name in names)]


Traces = Callable[[str], bool]
"""Whether a text holds a trace."""


def traces_of(
    cloud: SimulatedCloud,
    person: str,
    pictures: Collection[bytes],
    own: Collection[str] = (),
    listed: Collection[str] = (),
) -> list[str]:
    """Return where something of ``person`` is left, or bytes of ``pictures``.

    ``own``: ids of the jobs of the next person of this name, whose own traces count for nothing. ``listed``:
    fine-tunes that a certificate lists.
    """
    words, key = words_of(person), person_key(person)
    jobs = re.compile(rf"{key}-[0-9]+")

    def names(text: str) -> bool:
        if own:
            return any(job not in own for job in jobs.findall(text))
        return any(word in text for word in words)

    made = {
        entry.job_id
        for entry in cloud.studio.ledger()
        if (owner := cloud.invariants.owner_of(entry.training_file_ids[0])).startswith(key)
        and owner not in own
        and entry.job_id not in listed
    }

    def names_or_made(text: str) -> bool:
        return names(text) or any(fine_tune in text for fine_tune in made)

    found = [*_in_bucket(cloud, names, pictures), *_in_tables(cloud, names_or_made)]
    found += ["audit" for text in (cloud.logs.texts() if cloud.logs else ()) if names_or_made(text)]
    found += _at_dashscope(cloud, names, made)
    return sorted(dict.fromkeys(found))


def _in_bucket(cloud: SimulatedCloud, names: Traces, pictures: Collection[bytes]) -> Iterator[str]:
    marker: str | None = ""
    while marker is not None:
        page = cloud.objects.list_objects(BUCKET, prefix="", marker=marker, limit=1000)
        for stored in page.rows:
            content = cloud.objects.get(BUCKET, stored.key)[1]
            if names(stored.key) or names(content.decode("utf-8", "replace")):
                yield f"object {stored.key}"
            if any(picture in content for picture in pictures):
                yield f"picture {stored.key}"
        marker = page.next_marker or None
    for upload in cloud.objects.uploads.list_uploads(BUCKET).rows:
        if names(upload.key):
            yield f"parts of {upload.key}"


def _in_tables(cloud: SimulatedCloud, names: Traces) -> Iterator[str]:
    for table, mirror in cloud._ots.mirrors.items():
        for row in mirror.everything():
            if names(" ".join(str(value) for value in row.values())):
                yield table


def _at_dashscope(cloud: SimulatedCloud, names: Traces, made: Collection[str]) -> Iterator[str]:
    for file in cloud.studio.files.page(offset=0, limit=1000)[1]:
        if names(file.name):
            yield "dashscope file"
    for entry in cloud.studio.ledger():
        if entry.job_id in made and entry.deleted_at is None:
            yield "dashscope fine-tune"
