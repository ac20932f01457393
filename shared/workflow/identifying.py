"""Looks at a refused upload itself, so that its verdict names its kind and the remedy helps.

Called by :mod:`shared.workflow.checking` where OSS or the size of the object has refused a photo, and for one
that is called like a camera's raw file, of which OSS might take the preview for the photo. One ranged read of
the beginning, and one of the end where that decides (:func:`shared.domain.file_kinds.needs_end`): 128 KB at
most. It writes nothing.

The refusal stands without it. So a read that fails is a trouble of the photo, which is tried again like any
other, but once only: then the verdict is the general one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from shared.domain.file_facts import END_BYTES, START_BYTES, FileFacts, Kind
from shared.domain.file_kinds import described, kind_of, kind_of_large, needs_end
from shared.domain.photos import MIN_SIDE_PIXELS, Photo, Verdict
from shared.domain.picture_files import kind_of_raw, picture_sides
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.trouble_kinds import Api
from shared.logs import warn
from shared.workflow.ports import World


def identified(
    world: World, key: str, photo: Photo, beside: Collection[str], verdict: Verdict, detail: str = ""
) -> Photo:
    """Return ``photo``, which ``verdict`` refuses, with the verdict on its kind, or with that one.

    ``beside`` are the names of the person's other photos.

    Raises:
        Exception: the object could not be looked at, for the first time.
    """

    def look() -> Kind:
        facts = _read(world, key, photo, beside)
        kind = _kind_for(verdict, facts)
        if kind is not None or verdict is not Verdict.NOT_AN_IMAGE:
            return kind or Kind(verdict, detail)
        return Kind(verdict, f"{described(facts)}; {detail}")

    kind = _with_patience(photo, look) or Kind(verdict, detail)
    return replace(photo, verdict=kind.verdict, detail=kind.what[:MAX_DETAIL_CHARACTERS], retry=None)


def raw_file(world: World, key: str, photo: Photo) -> Photo | None:
    """Return ``photo`` with its verdict if it is a raw file, None if it is none; raises as above."""
    kind = _with_patience(photo, lambda: kind_of_raw(_read(world, key, photo, with_end=False)))
    return None if kind is None else replace(photo, verdict=kind.verdict, detail=kind.what, retry=None)


def _with_patience(photo: Photo, look: Callable[[], Kind | None]) -> Kind | None:
    """Look at a file; None where that has failed before and fails again."""
    try:
        return look()
    except Exception as problem:
        if photo.retry is None:
            raise
        warn("kind_not_identified", photo=photo.name, error=repr(problem)[:1000])
        return None


def _kind_for(verdict: Verdict, facts: FileFacts) -> Kind | None:
    """Return what says more than ``verdict``, None where nothing does."""
    if verdict is Verdict.TOO_MANY_BYTES:
        return kind_of_large(facts)
    if verdict is Verdict.NOT_AN_IMAGE:
        return kind_of(facts)
    if raw := kind_of_raw(facts):
        return raw
    sides = picture_sides(facts.start)
    if sides is None:
        return None
    # To crop a picture helps only where its short side is long enough before it is shrunk.
    is_small = min(sides) < MIN_SIDE_PIXELS
    return Kind(Verdict.TOO_FEW_PIXELS if is_small else verdict, f"{sides[0]} x {sides[1]} pixels")


def _read(
    world: World, key: str, photo: Photo, beside: Collection[str] = (), *, with_end: bool = True
) -> FileFacts:
    """Read what tells the kind of an object: of the very content that the record names."""
    start = world.bucket.read_range(key, 0, START_BYTES, etag=photo.etag)
    end = start[-END_BYTES:] if photo.size <= len(start) else b""
    if with_end and not end and needs_end(photo.name, start):
        end = world.bucket.read_range(key, max(0, photo.size - END_BYTES), END_BYTES, etag=photo.etag)
    world.health.passed(Api.READING)
    return FileFacts(name=photo.name, size=photo.size, start=start, end=end, beside=beside)
