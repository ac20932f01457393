"""Asks for a person's consent before anything of theirs leaves for DashScope, and notes what it says.

The theory is in :mod:`shared.domain.consent`. Where ``CONSENT=required``, each face check, each file and each
submit is preceded by a look at the document as it lies in the bucket: one HEAD, and a read where it has
changed. So neither a lost event nor an old row lets anything leave. What waits is released by the document's
own event, or by the sweep, which finds that the row does not know the document.

A withdrawal is an erasure: it is asked for before the row says that it is known, so that a run that dies in
between asks once more. It is one too where no photo has come yet: the document itself tells of the person. A
document that an erasure has left, because its deletion was refused, is nobody's any more.

Called by :mod:`shared.workflow.checking`, ``sideways``, ``submitting``, ``collecting``, ``opening`` and
``sweep``; none of them loads it where consent is not required.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.domain.consent import MAX_CONSENT_BYTES, Consent, Document, cause_of, judged
from shared.domain.consent_ledger import ROW, ConsentLedger, counted_in, document_id
from shared.domain.consenting import set_aside, was_withdrawn, with_consent
from shared.domain.job import Job, open_job
from shared.domain.met_folders import having_met
from shared.domain.object_keys import CONSENT_NAME, job_id, person_folder, spellings
from shared.domain.person_hash import hash_of
from shared.domain.photos import Stored
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, NoConsent, NotFound, RetryLater, Trouble
from shared.logs import log
from shared.workflow.forgotten import check_not_going, is_erased
from shared.workflow.ports import Listed, World
from shared.workflow.saving import save
from shared.workflow.withdrawing import ask_to_erase

TRIES = 4
LOOK_IS_OLD_MS = 10_000
"""An instance may stand still between two calls: what was seen so long ago is looked at again."""


def why_not(world: World, job: Job) -> str:
    """Return why nothing of the job's person may leave for DashScope now; empty: it may.

    Raises:
        Trouble: the bucket does not tell; nothing may leave then either.
    """
    return _read(world, job, ()).why_not(world.rules, world.clock.now())


def check_consent(world: World, job: Job) -> None:
    """Let something of the job's person leave for DashScope now.

    Raises:
        NoConsent: it may not.
        Trouble: as :func:`why_not`.
    """
    why = why_not(world, job)
    if why:
        log("waits_for_consent", job=job.job_id, why=why)
        raise NoConsent(cause_of(why).code, why)


def held_without_consent(world: World, job: Job) -> tuple[Job | None, Job]:
    """Return the queued job as it is saved if it may not be submitted now, and as it is to go on.

    Raises:
        Conflict: another run has written the job.
        Trouble: as :func:`why_not`.
    """
    consent = _read(world, job, ())
    if consent.is_withdrawn:
        return note_consent(world, job), job
    known = _counted(world, job, consent)
    noted = job if known == job.consent else replace(job, consent=known)
    now = world.clock.now()
    why = consent.why_not(world.rules, now)
    if not why:
        return None, noted
    log("waits_for_consent", job=job.job_id, why=why)
    return world.jobs.save(job, set_aside(noted, why, now)), job


def opened_with_consent(world: World, job: Job, folder: str) -> Job:
    """Return a person's new job with what is known of their consent; without one it opens all the same."""
    consent = _read(world, job, (folder,))
    if consent.is_withdrawn:
        ask_to_erase(world, job.person_id, consent)
    return replace(job, consent=_counted(world, job, consent))


def note_without_job(world: World, person_id: str, folder: str) -> None:
    """Have a person erased who has withdrawn consent before any photo came; a consent is read with the first.

    Raises:
        Conflict: others ask for something all the time.
        Trouble: bucket or tables do not answer.
    """
    consent = _read(world, open_job(person_id, 1, world.clock.now()), (folder,))
    if consent.is_withdrawn:
        ask_to_erase(world, person_id, consent)


def note_consent(world: World, newest: Job, folder: str = "") -> Job:
    """Note what the person's document says, on every job of theirs that has not ended; returns the newest.

    The newest comes last, by which the sweep knows that all is noted.

    Raises:
        Conflict: another run has written one of them.
        Trouble: bucket or tables do not answer.
    """
    consent = _read(world, newest, (folder,))
    if consent.is_withdrawn and not was_withdrawn(newest):
        ask_to_erase(world, newest.person_id, consent)
    known = _counted(world, newest, consent)
    saved = newest
    for job in (*_earlier_that_go_on(world, newest), newest):
        met = having_met(job, folder or job.person_id)
        after = with_consent(met, known, world.rules, world.clock.now())
        saved = job
        if after != job:
            saved = save(world, job, after)
            log("consent_noted", job=job.job_id, withdrawn=known.is_withdrawn, problem=known.problem)
    return saved


def note_as_it_comes(world: World, newest: Job, folder: str) -> Job:
    """Note a document whose event has come, on the person's jobs as they are, also while others write them.

    Raises:
        BeingErased: an erasure of the person has begun.
        RetryLater: other runs were faster each time.
        Trouble: bucket or tables do not answer.
    """
    latest: Job | None = newest
    for attempt in range(TRIES):
        if attempt:
            world.clock.sleep(world.with_jitter(500 * attempt))
            latest = world.jobs.latest(newest.person_id)
            check_not_going(latest)
        try:
            return note_consent(world, latest or newest, folder)
        except Conflict:
            continue
    raise RetryLater("busy_person", "other uploads of this person were faster each time", delay_seconds=5)


def is_news(found: Iterable[Stored], latest: Job) -> bool:
    """Whether a listing shows a document of consent that the person's newest row does not know.

    A link never counts, an older document in another folder of the person has been overruled, and one of
    before an erasure was another person's.
    """
    known = latest.consent
    etag, stored_at = (known.etag, known.stored_at) if known is not None else ("", 0)
    oldest = max(stored_at, latest.starts_after + 1)
    return any(not one.is_link and one.etag != etag and one.modified_at >= oldest for one in found)


def _earlier_that_go_on(world: World, newest: Job) -> list[Job]:
    """Return the person's earlier jobs that have not ended, oldest first: seldom is there one."""
    found: list[Job] = []
    for revision in range(newest.revision - 1, 0, -1):
        name = job_id(newest.person_id, revision)
        earlier = world.jobs.find([name])[name]
        if earlier is None or earlier.state.is_terminal:
            break
        found.append(earlier)
    return found[::-1]


def _counted(world: World, job: Job, consent: Consent) -> Consent:
    """Return ``consent`` as it is put on record in the place of the job's: counted, before that is saved."""
    if consent == job.consent:
        return consent
    counted = counted_in(consent) if consent.etag else consent.counted
    known = replace(consent, counted=counted)
    if counted != (job.consent.counted if job.consent else ""):
        _count(world, job, known)
    return known


def _count(world: World, job: Job, consent: Consent) -> None:
    document = document_id(hash_of(world.erase_key, job.person_id), consent)
    for tries_left in reversed(range(TRIES)):
        stored = world.control.read_json(ROW)
        before = ConsentLedger.from_value(stored.value)
        after = before.with_change(job.consent, consent, document)
        if after is before:
            return
        try:
            world.control.save_json(ROW, stored, after.as_value())
        except Conflict:
            if not tries_left:
                raise
        else:
            return


def _read(world: World, job: Job, folders: Iterable[str]) -> Consent:
    """Return the person's consent as its document says it now: the newest, of several folders."""
    for _ in range(TRIES):
        began = world.clock.monotonic()
        try:
            document = _document(world, job, folders)
        except NotFound:
            # It was replaced between the two calls.
            continue
        except Trouble as trouble:
            if trouble.kind.is_of_all:
                world.health.failed(trouble.cause)
            # No photo is given up because the consent cannot be read, and where everything else can be read
            # what is said of all is true of this document alone.
            message = f"the consent cannot be read: {trouble.message}"
            raise RetryLater(
                trouble.code, message, delay_seconds=60, kind=Kind.PERSON, api=trouble.api
            ) from trouble
        if world.clock.monotonic() - began > LOOK_IS_OLD_MS:
            continue
        world.health.passed(Api.READING)
        return judged(document, job.person_id, job.consent, world.clock.now())
    message = "the consent is replaced again and again, or takes long to be read"
    raise RetryLater("consent_replaced", message, delay_seconds=5)


def _document(world: World, job: Job, folders: Iterable[str]) -> Document | None:
    met = spellings(job.person_id, (*job.folders, *filter(None, folders)))
    keys = [f"{person_folder(one)}{CONSENT_NAME}" for one in met]
    found = [Listed(key, stored) for key in keys if (stored := world.bucket.stored(key)) is not None]
    there = [one for one in found if not is_erased(job, one.stored.modified_at)]
    if not there:
        return None
    newest = max(there, key=lambda one: (one.stored.modified_at, one.key))
    stored = newest.stored
    document = Document(stored.etag, stored.size, stored.modified_at, is_link=stored.is_link)
    is_known = job.consent is not None and job.consent.etag == stored.etag
    if is_known or stored.is_link or not 0 < stored.size <= MAX_CONSENT_BYTES:
        return document
    content = world.bucket.read_range(newest.key, 0, stored.size, etag=stored.etag)
    return document._replace(content=content)
