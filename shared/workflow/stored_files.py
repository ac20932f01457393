"""Keeps files with DashScope's file service for as long as they are needed, and no longer.

The service keeps 100 files for the whole account. A run may die between storing a file and deleting it, and
two runs may store the same one. So files are known by their names (:mod:`shared.domain.stored_files`), and
those that nobody needs are deleted: by a tick from time to time, and whenever the store is full.

Called where photos reach DashScope by file: by :mod:`shared.workflow.photo_access`,
:mod:`shared.workflow.training_files`, and by a tick.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from shared.domain.dashscope_codes import is_full_file_store
from shared.domain.photos import MAX_PREPARED_BYTES
from shared.domain.stored_files import (
    is_needed,
    mark_of,
    name_for_check,
    name_for_training,
    parse_name,
)
from shared.domain.trouble_kinds import Api
from shared.errors import Permanent, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World

TIME_FOR_A_DELETE_MS = 10_000


@contextmanager
def stored_for_check(world: World, key: str, check: Callable[[], None]) -> Iterator[str]:
    """Store the picture under ``key`` while the face check looks at it; yields its URL at DashScope.

    ``check`` is called right before it leaves, and may raise.

    Raises:
        Trouble: it could not be read or stored.
    """
    content = world.bucket.read(key, MAX_PREPARED_BYTES)
    check()
    file_id = store(world, name_for_check(mark_of(world.bucket.name), key), content, Api.FACE_CHECK)
    try:
        yield world.dashscope.file_url(file_id, Api.FACE_CHECK)
    finally:
        delete_files(world, [file_id])


def store(world: World, name: str, content: bytes, api: Api) -> str:
    """Store a file and return its id; a store that is full is tidied once before that is said.

    Raises:
        Trouble: it is not stored; of the whole ``api`` when there is no room.
    """
    try:
        return world.dashscope.upload_file(name, content, api)
    except Trouble as trouble:
        if not is_full_file_store(trouble.code) or not delete_unneeded(world, is_full=True):
            raise
        return world.dashscope.upload_file(name, content, api)


def training_names(world: World, keys: Collection[str]) -> list[str]:
    """Return the names under which snapshots are stored for a training."""
    mark = mark_of(world.bucket.name)
    return [name_for_training(mark, key) for key in keys]


def delete_unneeded(world: World, *, is_full: bool = False) -> int:
    """Delete those of this deployment's files that nobody needs; returns how many.

    ``is_full``: those too that can be stored again later (:func:`~shared.domain.stored_files.is_needed`).

    Raises:
        Trouble: the files could not be listed.
    """
    mark, now = mark_of(world.bucket.name), world.clock.now()
    ours = [(file, named) for file in world.dashscope.files() if (named := parse_name(mark, file.name))]
    names = dict.fromkeys(named.job_id for _, named in ours)
    jobs = world.jobs.find_each(names) if names else {}
    unneeded = [file for file, named in ours if not is_needed(file, named, jobs, now, is_full=is_full)]
    deleted = delete_files(world, [file.file_id for file in unneeded])
    if deleted:
        log("files_deleted", count=deleted)
    return deleted


def delete_files(world: World, ids: Collection[str]) -> int:
    """Delete files, as long as there is time; returns how many. What is left is deleted by a later tick."""
    deleted = 0
    for file_id in ids:
        if not world.has_time_for(TIME_FOR_A_DELETE_MS):
            break
        try:
            world.dashscope.delete_file(file_id)
            deleted += 1
        except Permanent as refusal:
            log("file_not_deleted", file=file_id, code=refusal.code)
        except Trouble as trouble:
            warn("file_not_deleted", file=file_id, code=trouble.code, message=trouble.message)
    return deleted
