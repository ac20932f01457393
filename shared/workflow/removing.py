"""Removes objects from the bucket, with their versions, page by page and within the run's time.

In a bucket that keeps versions each version goes by its id, since a plain delete would only put a mark on
top. What is refused is noted and holds up nothing else. Called for people who are erased
(:mod:`shared.workflow.erasing_stores`), for their exports, and for what has been kept long enough
(``retaining``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from shared.domain.object_keys import PEOPLE_PREFIX, folder_in
from shared.domain.photos import Stored
from shared.errors import NotFound, Permanent, Trouble
from shared.logs import warn
from shared.workflow.ports import Listed, StartedUpload, World
from shared.workflow.removal import Removal

PAGE = 100
TIME_FOR_A_DELETE_MS = 10_000

IsTheirs = Callable[[Listed], bool]
"""Whether what is listed is to go: an object, or a version of one."""
Place = tuple[str, str, IsTheirs]
"""Under which word it is counted, the prefix of its keys, and which of them go."""


def remove_from(world: World, places: Iterable[Place], removal: Removal) -> bool | None:
    """Remove what is theirs at each of the places, as far as this run has time.

    Returns whether the bucket keeps versions, None: nobody knows.

    Raises:
        Trouble: what is there cannot be listed.
    """
    is_versioned = keeps_versions(world)
    for where, prefix, is_theirs in places:
        if not remove_below(world, where, prefix, is_theirs, removal, is_versioned=bool(is_versioned)):
            break
    return is_versioned


def remove_below(
    world: World,
    where: str,
    prefix: str,
    is_theirs: IsTheirs,
    removal: Removal,
    *,
    is_versioned: bool,
) -> bool:
    """Remove what lies below ``prefix`` and is theirs; returns whether the run had time for all of it.

    ``where``: under which word it is counted.

    Raises:
        Trouble: what is there cannot be listed.
    """
    remove = _remove_versions if is_versioned else _remove_plain
    for _ in remove(world, where, prefix, is_theirs, removal):
        if not world.has_time_for(TIME_FOR_A_DELETE_MS):
            removal.is_cut_short = True
            return False
    return True


def abort_uploads(world: World, prefix: str, where: str, until: int, removal: Removal) -> None:
    """Remove the uploads in parts that were begun under ``prefix`` until then: no listing shows them.

    ``where``: under which word they are counted.

    Raises:
        Trouble: what is there cannot be listed.
    """
    after: StartedUpload | None = None
    while True:
        page, following = world.bucket.uploads_page(prefix, after)
        for one in page:
            if not world.has_time_for(TIME_FOR_A_DELETE_MS):
                removal.is_cut_short = True
                return
            if one.started_at <= until:
                delete_one(partial(world.bucket.abort_upload, one.key, one.upload_id), where, removal)
        if following is None:
            return
        after = following


def keeps_versions(world: World) -> bool | None:
    """Whether the bucket keeps the versions of objects; None: nobody may ask."""
    try:
        return world.bucket.is_versioned()
    except Trouble as trouble:
        if not isinstance(trouble, Permanent) and not trouble.kind.is_of_all:
            raise
        # The right may be missing in a stack of an earlier template.
        warn("versions_not_asked", code=trouble.code)
        return None


def _remove_plain(
    world: World, where: str, prefix: str, is_theirs: IsTheirs, removal: Removal
) -> Iterator[None]:
    after = ""
    while True:
        listed, after = world.bucket.list_page(prefix, after, PAGE)
        for entry in listed:
            if is_theirs(entry) and _is_still(world, where, entry):
                delete_one(partial(world.bucket.delete, entry.key), where, removal)
            elif where == PEOPLE_PREFIX:
                removal.kept_in.add(folder_in(entry.key))
            yield
        if not after:
            return


def _is_still(world: World, where: str, entry: Listed) -> bool:
    """Whether an upload is the one that was listed: it may have been replaced by the next person's since."""
    if where != PEOPLE_PREFIX:
        return True
    stored = world.bucket.stored(entry.key)
    return stored is not None and stored.modified_at <= entry.stored.modified_at


def _remove_versions(
    world: World, where: str, prefix: str, is_theirs: IsTheirs, removal: Removal
) -> Iterator[None]:
    page, after = world.bucket.versions_page(prefix, None)
    while True:
        # Read before the version goes behind which it begins: OSS does not say what it lists then.
        following = world.bucket.versions_page(prefix, after) if after is not None else None
        for one in page:
            if is_theirs(Listed(one.key, Stored(etag=one.etag, size=0, modified_at=one.modified_at))):
                delete_one(partial(world.bucket.delete_version, one), where, removal)
            elif where == PEOPLE_PREFIX:
                removal.kept_in.add(folder_in(one.key))
            yield
        if following is None:
            return
        page, after = following


def delete_one(delete: Callable[[], None], where: str, removal: Removal) -> None:
    """Call ``delete``; what is not there is none, and a refusal is noted."""
    try:
        delete()
    except NotFound:
        return
    except Trouble as trouble:
        removal.meet(where, trouble)
        return
    removal.removed[where] += 1
