"""What goes into an export: what the rows say of a person, and which objects in the bucket are theirs.

Called by :mod:`shared.workflow.exporting` when an export begins. It reads pages and keeps names: of no object
and no job more than a line is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared.domain.exports import MANIFEST, MAX_BYTES, MAX_FILES, Holdings, Item
from shared.domain.job import Job
from shared.domain.money import cny
from shared.domain.object_keys import (
    RESULTS_PREFIX,
    SUBMISSIONS_PREFIX,
    parse_job_id,
    person_folder,
    person_key,
    spellings,
)
from shared.domain.places import PLACES
from shared.domain.result_keys import person_results, revision_among_results
from shared.domain.safe_names import SafeNames
from shared.views import timeline_view
from shared.workflow.erasing_person import spelled_otherwise
from shared.workflow.forgotten import tombstone_of
from shared.workflow.ports import Listed, World
from shared.workflow.removing import keeps_versions

JOBS_A_PAGE = 20
"""A row may have some hundred kilobytes."""
MAX_JOBS = 5_000
OBJECTS_A_PAGE = 1000
README, PERSON, COSTS = "README.txt", "person.json", "costs.json"
TIMELINE, VERSIONS = "timeline.json", "versions.json"
EARLIER_PERSON, LINK, TOO_LARGE = "of_an_earlier_person", "link", "too_large"
"""Why an object is not copied: it was left over when another one of this name was erased; it is a link, which
is never followed; the zip would have too many parts."""
KEPT_LONG_ENOUGH = "kept_long_enough"
"""Why snapshots or uploads of a job are not there: their time was over (:mod:`shared.domain.retention`)."""


def find_holdings(world: World, person_id: str) -> Holdings:
    """Read what the rows say of a person, in all spellings of the name.

    Raises:
        Trouble: they cannot be read.
    """
    tombstone = tombstone_of(world, person_id)
    folders = spellings(person_id, spelled_otherwise(world, person_id))
    jobs: dict[str, None] = {}
    fine_tunes: dict[str, None] = {}
    timeline: list[dict[str, Any]] = []
    costs: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    looked_at: set[str] = set()
    while left := [key for key in map(person_key, folders) if key not in looked_at]:
        looked_at.add(left[0])
        for job in _jobs_of(world, left[0]):
            jobs[job.job_id] = None
            fine_tunes |= dict.fromkeys(one for one in (*job.earlier_fine_tunes, job.fine_tune_id) if one)
            timeline += [{"job_id": job.job_id, **move} for move in timeline_view(job)]
            costs.append({"job_id": job.job_id, "trainings_billed": job.usage, "cost_cny": cny(job.cost_fen)})
            gone += _gone(job)
            # A row tells of a spelling that was not known: it may have rows of its own.
            folders = tuple(dict.fromkeys((*folders, job.person_id, *job.folders)))
    return Holdings(
        person_id=person_id,
        folders=folders,
        jobs=tuple(jobs),
        fine_tunes=tuple(fine_tunes),
        timeline=tuple(timeline),
        costs=tuple(costs),
        gone=tuple(gone),
        erased_before=tombstone.erased_before if tombstone else 0,
        erased_revision=tombstone.revision if tombstone else 0,
        is_versioned=keeps_versions(world),
    )


def _gone(job: Job) -> list[dict[str, Any]]:
    moments = (("snapshots", job.snapshots_removed_at), ("uploads", job.photos_removed_at))
    return [
        {"place": place, "source": job.job_id, "removed_at": at, "reason": KEPT_LONG_ENOUGH}
        for place, at in moments
        if at
    ]


def _jobs_of(world: World, key: str) -> Iterator[Job]:
    before: int | None = None
    for _ in range(MAX_JOBS // JOBS_A_PAGE):
        page = world.jobs.revisions_of(key, limit=JOBS_A_PAGE, before=before)
        yield from page
        if len(page) < JOBS_A_PAGE:
            return
        before = page[-1].revision


def plan(world: World, holdings: Holdings) -> tuple[Holdings, tuple[Item, ...]]:
    """Return the files of the zip in their order, README first and manifest last.

    Raises:
        Trouble: the bucket does not answer.
    """
    names = SafeNames()
    items = [Item(name=name, place="") for name in (README, PERSON, COSTS, TIMELINE)]
    items += [Item(name=f"jobs/{name}.json", place="jobs", source=name) for name in holdings.jobs]
    documents = {place.document: name for name, place in PLACES.items() if place.document}
    del documents[MANIFEST]
    items += [Item(name=name, place=place) for name, place in documents.items()]
    items += [Item(name=VERSIONS, place="uploads")] if holdings.is_versioned else []
    total = not_listed = 0
    for item in _objects(world, holdings, names):
        if len(items) >= MAX_FILES:
            not_listed += 1
            continue
        total += 0 if item.left_out else item.size
        items.append(replace(item, left_out=TOO_LARGE) if total > MAX_BYTES else item)
        total -= item.size if total > MAX_BYTES else 0
    items.append(Item(name=MANIFEST, place=""))
    return replace(holdings, not_listed=not_listed), tuple(items)


def _objects(world: World, holdings: Holdings, names: SafeNames) -> Iterator[Item]:
    for number, folder in enumerate(holdings.folders, 1):
        top = "uploads" if number == 1 else f"uploads-{number}"
        for entry in _listed(world, prefix := person_folder(folder)):
            is_old = entry.stored.modified_at <= holdings.erased_before
            yield _item(entry, "uploads", names.of(top, entry.key.removeprefix(prefix)), is_old)
    for key in holdings.keys:
        for entry in _listed(world, f"{SUBMISSIONS_PREFIX}{key}-"):
            below = entry.key.removeprefix(SUBMISSIONS_PREFIX)
            parsed = parse_job_id(below.partition("/")[0])
            is_old = parsed is not None and parsed[1] <= holdings.erased_revision
            yield _item(entry, "snapshots", names.of("snapshots", below), is_old)
    for number, folder in enumerate(holdings.folders, 1):
        top = "results" if number == 1 else f"results-{number}"
        for entry in _listed(world, person_results(folder)):
            is_old = revision_among_results(folder, entry.key) <= holdings.erased_revision
            name = names.of(top, entry.key.removeprefix(f"{RESULTS_PREFIX}{folder}/"))
            yield _item(entry, "results", name, is_old and bool(holdings.erased_revision))


def _listed(world: World, prefix: str) -> Iterator[Listed]:
    after = ""
    while True:
        page, after = world.bucket.list_page(prefix, after, OBJECTS_A_PAGE)
        yield from page
        if not after:
            return


def _item(entry: Listed, place: str, name: str, is_old: bool) -> Item:
    left_out = EARLIER_PERSON if is_old else LINK if entry.stored.is_link else ""
    return Item(
        name=name,
        place=place,
        # Of an earlier person nothing is told, not even how the file was called.
        source="" if is_old else entry.key,
        etag=entry.stored.etag,
        size=entry.stored.size,
        modified_at=entry.stored.modified_at,
        left_out=left_out,
    )


def is_held(world: World, holdings: Holdings, items: tuple[Item, ...]) -> bool:
    """Whether anything is held about the person at all.

    Raises:
        Trouble: the tables do not answer.
    """
    from shared.domain.share_links import row_of
    from shared.domain.traces import is_in_folders

    has_object = any(item.etag and item.left_out != EARLIER_PERSON for item in items)
    if holdings.jobs or has_object:
        return True
    if any(world.control.read_json(row_of(folder)).version for folder in holdings.folders):
        return True
    return bool(world.ignored.of_keys(lambda key: is_in_folders(key, holdings.folders)))
