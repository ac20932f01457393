"""The documents of an export: what rows and services hold about a person, as JSON that explains itself.

Each is made when its turn comes, so that one alone is in memory. They have neither a key, a token, nor a
signed URL: rows hold none, and of a share link only what does not open it. Whatever stands in a text that a
service has written is redacted as in the log. Called by :mod:`shared.workflow.exporting`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from shared.domain.control_rows import DELIVERIES
from shared.domain.exports import MANIFEST, Item, Progress, contents_of
from shared.domain.job import Job
from shared.domain.places import PLACES
from shared.domain.readable import readable, taken_out
from shared.domain.share_links import links_in, row_of
from shared.domain.stored_files import mark_of, parse_name
from shared.domain.totals import ROW as TOTALS
from shared.domain.totals import Totals
from shared.domain.traces import (
    deliveries_without,
    health_without,
    is_in_folders,
    is_named,
    lingering_without,
    slot_without,
    sweep_without,
    totals_without,
)
from shared.errors import REPLACED, NotFound, Permanent, RetryLater
from shared.logs import redact
from shared.workflow.export_contents import COSTS, PERSON, README, TIMELINE, VERSIONS
from shared.workflow.export_readme import readme
from shared.workflow.ports import World

MOST_ASKED = 100
"""Of so many fine-tunes DashScope is asked; the ids of all are listed."""
MOST_REMEMBERED = 50_000
MOST_VERSIONS = 5_000
OF_THE_ACCOUNT = ("key_id", "account", "version", "traceparent")
"""Columns of a job that stand for the deployment's own key, account, or work."""

Document = dict[str, Any]


def document_of(world: World, progress: Progress, item: Item) -> bytes:
    """Return the bytes of a document.

    Raises:
        NotFound: what it is about is not there any more.
        Trouble: a service does not answer.
    """
    if item.name == README:
        return readme(progress.holdings).encode("utf-8")
    is_job = item.place == "jobs"
    made = _job(world, item.source) if is_job else _MAKERS[item.name](world, progress)
    shown = {"read_at": world.clock.now(), "person_id": progress.holdings.person_id, **made}
    text = json.dumps(readable(shown), ensure_ascii=False, indent=2)
    return (text + "\n").encode("utf-8", "replace")


def _person(_: World, progress: Progress) -> Document:
    holdings = progress.holdings
    return {
        "folders": holdings.folders,
        "keys": holdings.keys,
        "jobs": holdings.jobs,
        "fine_tune_ids": holdings.fine_tunes,
        "an_earlier_person_of_this_name_was_erased": bool(holdings.erased_before),
    }


def _costs(_: World, progress: Progress) -> Document:
    costs = progress.holdings.costs
    return {
        "trainings_billed": sum(one["trainings_billed"] or 0 for one in costs),
        "cost_cny": round(sum(one["cost_cny"] for one in costs), 2),
        "jobs": costs,
    }


def _job(world: World, job_id: str) -> Document:
    job = world.jobs.find([job_id])[job_id]
    if job is None:
        raise NotFound(REPLACED, "the job's row is not there any more")
    return {"job_id": job_id, **job_document(job)}


def job_document(job: Job) -> Document:
    """Return a job's row as a document."""
    stored = {name: one for name, one in _plain(job).items() if name not in OF_THE_ACCOUNT}
    return {"state": job.state.value, **stored}


def _dashscope(world: World, progress: Progress) -> Document:
    holdings = progress.holdings
    mark = mark_of(world.bucket.name)
    files = []
    for file in world.dashscope.files():
        named = parse_name(mark, file.name)
        if named is not None and is_named(named.job_id, holdings.keys):
            files.append({**file._asdict(), "job_id": named.job_id, "snapshot": named.snapshot})
    asked = [_fine_tune(world, name) for name in holdings.fine_tunes[:MOST_ASKED]]
    not_asked = [{"fine_tune_id": name, "not_asked": True} for name in holdings.fine_tunes[MOST_ASKED:]]
    return {"fine_tunes": [*asked, *not_asked], "dashscope_files": files}


def _fine_tune(world: World, name: str) -> Document:
    try:
        found = _plain(world.dashscope.fine_tune(name))
    except NotFound:
        return {"fine_tune_id": name, "is_gone": True}
    except Permanent as refusal:
        return {"fine_tune_id": name, "refused": refusal.code}
    return {key: one for key, one in found.items() if key not in ("account", "workspace")}


def _remembered(world: World, progress: Progress) -> Document:
    found = [one for key in progress.holdings.keys for one in world.seen.remembered(key, MOST_REMEMBERED)]
    return {"remembered_uploads": found}


def _ignored(world: World, progress: Progress) -> Document:
    folders = progress.holdings.folders
    return {"ignored_uploads": world.ignored.of_keys(lambda key: is_in_folders(key, folders))}


def _requests(world: World, progress: Progress) -> Document:
    holdings = progress.holdings

    def is_theirs(subject: str) -> bool:
        return subject in holdings.folders or is_named(subject, holdings.keys)

    told = [_plain(one) for one in world.requests.about(is_theirs)]
    hidden = ("version", "traceparent", "record")
    return {"requests": [{name: one for name, one in row.items() if name not in hidden} for row in told]}


def _links(world: World, progress: Progress) -> Document:
    rows = [links_in(world.control.read_json(row_of(one)).value) for one in progress.holdings.folders]
    return {"links": [{"link_id": name, **one} for row in rows for name, one in row.items()]}


def _messages(world: World, progress: Progress) -> Document:
    found = [world.outboxes().find(key) for key in progress.holdings.keys]
    return {"outboxes": [_plain(one) for one in found if one.version]}


def _shared_rows(world: World, progress: Progress) -> Document:
    """What an erasure would take out of the rows that all share, by the very functions that take it out."""
    keys, fine_tunes = progress.holdings.keys, progress.holdings.fine_tunes
    rows = world.control.read_all()
    if rows.sweep is None or rows.lingering is None or rows.health is None:
        raise RetryLater("rows_not_read", "some of the shared rows cannot be read now", delay_seconds=5)
    spending = rows.slot.spending
    counted = [] if spending is None else [one for one in spending.settled_jobs if is_named(one, keys)]
    reserved = {} if spending is None else spending.reserved
    totals = Totals.from_value(world.control.read_json(TOTALS).value)
    deliveries = world.control.read_json(DELIVERIES).value
    without = deliveries_without(deliveries, lambda name: is_named(name, keys))
    slot = _difference(rows.slot, slot_without(rows.slot, keys, fine_tunes, counted)) or {}
    going = {
        "holders": [one for one in rows.slot.holders if is_named(one, keys)],
        "reserved": {one: _plain(value) for one, value in reserved.items() if is_named(one, keys)},
    }
    return {
        "slot": {**slot, **{name: one for name, one in going.items() if one}} or None,
        "sweep": _difference(rows.sweep, sweep_without(rows.sweep, progress.holdings.folders)),
        "lingering": _difference(rows.lingering, lingering_without(rows.lingering, fine_tunes)),
        "health": _difference(rows.health, health_without(rows.health, keys)),
        "totals": taken_out(readable(totals.as_value()), readable(totals_without(totals, keys).as_value())),
        "deliveries": taken_out(readable(dict(deliveries)), readable(without)),
    }


def _versions(world: World, progress: Progress) -> Document:
    """Older versions of uploads, where the bucket keeps them: by their names."""
    from shared.domain.object_keys import person_folder

    found: list[Document] = []
    for folder in progress.holdings.folders:
        page, after = world.bucket.versions_page(person_folder(folder), None)
        while True:
            found += [one._asdict() for one in page if one.modified_at > progress.holdings.erased_before]
            if after is None or len(found) >= MOST_VERSIONS:
                break
            page, after = world.bucket.versions_page(person_folder(folder), after)
    return {"versions": found[:MOST_VERSIONS]}


def _manifest(_: World, progress: Progress) -> Document:
    places = {name: place.holds.english for name, place in PLACES.items()}
    return {"format": 1, "places": places, **vars(contents_of(progress))}


def _plain(value: Any) -> Document:
    """A value of ours as JSON has it, with every text as the log would have it."""
    made: Document = _redacted(asdict(value) if not isinstance(value, Mapping) else dict(value))
    return made


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _redacted(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(one) for one in value]
    return redact(value) if type(value) is str else value


def _difference(before: Any, after: Any) -> Any:
    return taken_out(readable(_plain(before)), readable(_plain(after)))


_MAKERS: dict[str, Callable[[World, Progress], Document]] = {
    PERSON: _person,
    COSTS: _costs,
    TIMELINE: lambda _, progress: {"timeline": progress.holdings.timeline},
    "dashscope.json": _dashscope,
    "remembered_uploads.json": _remembered,
    "ignored_uploads.json": _ignored,
    "requests.json": _requests,
    "links.json": _links,
    "messages.json": _messages,
    "shared_rows.json": _shared_rows,
    VERSIONS: _versions,
    MANIFEST: _manifest,
}
"""How each document is made; those of single jobs are made by their ids."""
DOCUMENTS = frozenset(_MAKERS)
