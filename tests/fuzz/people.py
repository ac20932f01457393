"""People in every state, some of odd names, in the tables of the emulators. Called by ``tests.fuzz``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import pytest

from local.page_preview import people as preview
from shared.assembly import photo_bucket, request_table, tables
from shared.clients.credentials import find_credentials
from shared.domain.control_rows import Document
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.requests import RELEASE, Request
from shared.domain.share_links import row_of, with_link
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.domain.totals import ROW, Totals
from shared.http_api.authentication import Tokens
from shared.http_api.links import Link, make_link
from shared.settings import read_settings
from tests.unit.support import job_in, photo, trouble
from tests.uploads.support import CONTEXT, open_studio

TOKENS = Tokens(reader="a-reader-of-sixteen-or-more", admin="an-admin-of-sixteen-or-more")
ODD = ("王小明", "Zoë", 'x"><img src=x>', "a b\u202egnp.", "q?u#e&r=y", "50%", "a\\b", "z" * 64)
SECONDS_OF_A_LINK = 86_400


class Seeded(NamedTuple):
    """What is in the tables, so that generated requests can be about it."""

    people: tuple[str, ...]
    jobs: tuple[str, ...]
    requests: tuple[str, ...]
    links: tuple[str, ...]
    link_ids: tuple[str, ...]
    photos: tuple[str, ...]


@contextmanager
def seeded() -> Iterator[Seeded]:
    """Run the emulators in this process, with people in every state."""
    with pytest.MonkeyPatch.context() as patch, open_studio(patch):
        patch.setenv("STATUS_TOKEN", TOKENS.reader)
        patch.setenv("ADMIN_TOKEN", TOKENS.admin)
        yield _filled()


def _filled() -> Seeded:
    settings, credentials = read_settings(os.environ), find_credentials(CONTEXT, os.environ)
    jobs, control = tables(settings, credentials)
    now = time.time_ns() // 1_000_000
    made = [jobs.save(None, job) for job in _jobs()]
    totals = Totals()
    for job in made:
        totals = totals.with_job(job) if job.state.is_terminal else totals
    control.save_json(ROW, Document(), totals.as_value())
    running = tuple(job.job_id for job in made if job.state is JobState.TRAINING)
    pause = Pause(because="<b>rent</b>\u202e", by="admin", since=now)
    control.save_slot(Slot(), Slot(holders=running, kept=17, paused=pause))
    control.save_health(Health(), replace(Health(), beat_at=now, errors={"Throttled": 3}))
    asked = request_table(settings, credentials)
    requests = (
        Request(request_id="0-pending", kind=RELEASE, asked_at=now, asked_by="admin", subject=made[0].job_id),
        Request(
            request_id="0-done",
            kind=RELEASE,
            asked_at=now,
            asked_by="admin",
            outcome="released",
            settled_at=now,
        ),
    )
    for request in requests:
        asked.ring(request)
    bucket = photo_bucket(settings, credentials)
    bucket.write("people/anna/a.jpg", b"\xff\xd8")
    expires_at = now // 1000 + SECONDS_OF_A_LINK
    holders = ("anna", ODD[2], "nobody")
    links = [Link(name, f"{number:016x}", expires_at) for number, name in enumerate(holders)]
    for link in links[:2]:
        row = with_link({}, link.link_id, now, expires_at * 1000)
        control.save_json(row_of(link.person_id), Document(), row)
    asked.revoke_link(links[-1].link_id, expires_at * 1000)
    return Seeded(
        people=tuple(dict.fromkeys(job.person_id for job in made)),
        jobs=tuple(job.job_id for job in made),
        requests=tuple(request.request_id for request in requests),
        links=tuple(make_link(TOKENS, link) for link in links),
        link_ids=tuple(link.link_id for link in links),
        photos=tuple(dict.fromkeys(photo.name for job in made for photo in job.photo_set.photos)),
    )


def _jobs() -> Iterator[Job]:
    names = iter((*ODD, *(f"person-{number:02}" for number in range(99))))
    for state in JobState:
        yield preview.job(state, next(names))
        yield job_in(state, next(names))
    for revision, state in enumerate((JobState.FAILED, JobState.SUCCEEDED, JobState.COLLECTING), 1):
        yield preview.job(state, "anna", revision=revision)
    yield job_in(JobState.QUEUED, next(names), retry=trouble())
    hostile = photo('<img src=x>\u202e".jpg')
    odd = job_in(JobState.COLLECTING, next(names))
    yield replace(odd, photo_set=replace(odd.photo_set, photos=(*odd.photo_set.photos, hostile)))
