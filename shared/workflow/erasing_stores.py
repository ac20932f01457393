"""Removes what a person has in the bucket and at DashScope; called by :mod:`shared.workflow.erasing`.

What is refused, or cannot be reached now, is noted and holds up nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from shared.domain.erasure import Erasure
from shared.domain.exports import EXPORTS_PREFIX, folder_of
from shared.domain.object_keys import PEOPLE_PREFIX, RESULTS_PREFIX, SUBMISSIONS_PREFIX, person_folder
from shared.domain.photos import lies_in_zip_folder
from shared.domain.result_keys import person_results, revision_among_results
from shared.domain.stored_files import mark_of, parse_name
from shared.domain.traces import is_named
from shared.errors import NotFound, Permanent, RetryLater, Trouble
from shared.logs import log, warn
from shared.workflow.account import count_one_less
from shared.workflow.erasing_person import Person
from shared.workflow.owning import read_whole_list
from shared.workflow.ports import Listed, World
from shared.workflow.removal import FINE_TUNES, Removal
from shared.workflow.removing import TIME_FOR_A_DELETE_MS, Place, abort_uploads, delete_one, remove_from

FILES = "dashscope_files"


# -- the bucket ------------------------------------------------------------------------------------------


def remove_objects(world: World, person: Person, erasure: Erasure, removal: Removal) -> bool | None:
    """Remove photos, snapshots, results and exports.

    Returns whether the bucket keeps versions, None: nobody knows.
    """
    is_versioned = remove_from(world, _places(world, person, erasure, removal.began), removal)
    # An export of the next person of this name begins after this erasure is done.
    until = erasure.done_at or removal.began
    for key in person.keys:
        abort_uploads(world, folder_of(key), EXPORTS_PREFIX, until, removal)
    return is_versioned


def remove_exports(world: World, key: str, until: int, removal: Removal) -> None:
    """Remove what has been written of exports of the person whose partition is ``key``, ``until`` then."""
    prefix = folder_of(key)
    remove_from(world, [(EXPORTS_PREFIX, prefix, lambda entry: entry.stored.modified_at <= until)], removal)
    abort_uploads(world, prefix, EXPORTS_PREFIX, until, removal)


def _places(world: World, person: Person, erasure: Erasure, began: int) -> Iterator[Place]:
    def is_upload(entry: Listed) -> bool:
        stored_at = entry.stored.modified_at
        is_old = stored_at <= erasure.erased_before
        return is_old or (stored_at <= began and _is_out_of_a_zip(world, entry.key))

    def is_snapshot(entry: Listed) -> bool:
        return erasure.has_job(entry.key.removeprefix(SUBMISSIONS_PREFIX).partition("/")[0])

    def is_result(entry: Listed) -> bool:
        folder = entry.key.removeprefix(RESULTS_PREFIX).partition("/")[0]
        return revision_among_results(folder, entry.key) <= erasure.last_revision

    def is_export(entry: Listed) -> bool:
        return entry.stored.modified_at <= (erasure.done_at or began)

    for folder in person.folders:
        yield PEOPLE_PREFIX, person_folder(folder), is_upload
        yield RESULTS_PREFIX, person_results(folder), is_result
    for key in person.keys:
        yield SUBMISSIONS_PREFIX, f"{SUBMISSIONS_PREFIX}{key}-", is_snapshot
        yield EXPORTS_PREFIX, folder_of(key), is_export


def _is_out_of_a_zip(world: World, key: str) -> bool:
    """Whether a run has taken it out of a zip: while the erasure goes on that is an earlier person's."""
    name = key.removeprefix(PEOPLE_PREFIX).partition("/")[2]
    if not lies_in_zip_folder(name):
        return False
    stored = world.bucket.stored(key)
    return stored is not None and bool(stored.taken_from)


# -- DashScope -------------------------------------------------------------------------------------------


def remove_at_dashscope(
    world: World, person: Person | None, erasure: Erasure, removal: Removal
) -> tuple[str, ...]:
    """Delete the person's files and fine-tunes; returns the fine-tunes that are left."""
    if person is not None:
        _remove_files(world, person, erasure, removal)
    left = []
    for name in erasure.fine_tunes:
        if removal.is_cut_short or not world.has_time_for(TIME_FOR_A_DELETE_MS):
            removal.is_cut_short = True
            left.append(name)
            continue
        try:
            was_there = _delete_fine_tune(world, name)
        except Trouble as trouble:
            left.append(name)
            removal.refused_fine_tunes[name] = trouble.code
            if not isinstance(trouble, Permanent):
                removal.troubles.append(trouble)
            warn("not_erased", where=FINE_TUNES, code=trouble.code)
            continue
        if was_there:
            removal.removed[FINE_TUNES] += 1
            count_one_less(world)
        log("fine_tune_deleted" if was_there else "fine_tune_gone", fine_tune=name)
    return tuple(left)


def _delete_fine_tune(world: World, fine_tune_id: str) -> bool:
    """Delete a fine-tune; returns whether it was there. Gone it is only when the complete list agrees.

    Raises:
        Trouble: DashScope does not delete it, or does not find it and lists it.
    """
    try:
        world.dashscope.delete_fine_tune(fine_tune_id)
    except NotFound:
        if any(one.fine_tune_id == fine_tune_id for one in read_whole_list(world)):
            message = "DashScope does not find the fine-tune that is to be deleted, and lists it"
            raise RetryLater("not_found_and_listed", message, delay_seconds=60) from None
        return False
    return True


def _remove_files(world: World, person: Person, erasure: Erasure, removal: Removal) -> None:
    mark = mark_of(world.bucket.name)
    try:
        stored = world.dashscope.files()
    except Trouble as trouble:
        removal.meet(FILES, trouble)
        return
    for file in stored:
        named = parse_name(mark, file.name)
        if named is None or not is_named(named.job_id, person.keys) or not erasure.has_job(named.job_id):
            continue
        if not world.has_time_for(TIME_FOR_A_DELETE_MS):
            removal.is_cut_short = True
            return
        delete_one(partial(world.dashscope.delete_file, file.file_id), FILES, removal)
