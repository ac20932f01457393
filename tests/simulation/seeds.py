"""One seed, one story: people, photos, events and faults are all drawn from it, and so is every turn.

Run as a program it replays seeds: ``python -m tests.simulation.seeds SEED``; with ``--trace`` it prints every
external call and the faults that struck. With ``--telling`` somebody is told of what happens, with
``--audited`` an audit is kept, with ``--exporting`` people ask for copies of what is held about them.
"""

from __future__ import annotations

import json
import random
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from aliyun_local.dashscope.account.behaviour import Behaviour
from shared.domain.decide import Submit
from shared.domain.job import Job
from shared.domain.object_keys import PEOPLE_PREFIX, Kind, Upload, parse_upload, spellings, upload_key
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.stored_files import MAY_BE_IN_USE_MS
from shared.workflow.actions import piece_of
from tests.simulation.administrators import Administrators
from tests.simulation.auditing import Onlookers, check_audit, is_all_on_record
from tests.simulation.cloud import TICK_MS, SimulatedCloud, simulated
from tests.simulation.consents import Consenters, consent_settings
from tests.simulation.erasers import KEY, Erasers
from tests.simulation.exporters import Exporters
from tests.simulation.faults import Drawn, Fault
from tests.simulation.gate import Gate
from tests.simulation.invariants import GOING
from tests.simulation.kernel import Violation
from tests.simulation.lasting import draw_changes, draw_troubles
from tests.simulation.money import Approver, drawn_settings, has_caps, lift, start_of
from tests.simulation.portraying import begin_portraits, check_portraits
from tests.simulation.retention import drawn_retention
from tests.simulation.scenarios import zipped
from tests.simulation.silence import Silence
from tests.simulation.stores import BUCKET

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TROUBLE_LASTS_MS = 8 * MINUTE_MS
LONGEST_DEADLINE_MS = 30 * MINUTE_MS
WAITS_FOR_MONEY_MS = 12 * MINUTE_MS
TABLES_CHECKED_EVERY = 10
NAMES_SPELLED_EVERY = 7
REFUSED_BY_THE_RECEIVER = 0.3
TICKS_FOR_THE_AUDIT = 5
LOOKED_AT_MS = 40 * MINUTE_MS
TICKS_FOR_MESSAGES = 60
"""Ten minutes apart: longer than the pause after the tries that a story has room for."""
LATEST_EVENT_MS = 4 * HOUR_MS
LONGEST_PAUSE_MS = HOUR_MS
CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.CRASH_IN_FLIGHT)


@dataclass(frozen=True)
class Outcome:
    """The figures of a seed; ``crash_points`` are calls at which a run died.

    ``troubled_calls`` and ``troubled_turn_changes``: of the time in which everything goes wrong.
    """

    seed: int
    calls: int
    struck: int
    most_in_flight: int
    turn_changes: int
    crash_points: int
    troubled_calls: int
    troubled_turn_changes: int


KINDS = {"telling": "tells", "audited": "audited", "exporting": "exporting", "portraying": "portraying"}
"""What more is played in a seed: the options of the command line, and the arguments of :func:`play`."""

ACCESS = (
    ("url", "old"),
    ("auto", "old"),
    ("auto", "today"),
    ("auto", "domain"),
    ("file", "today"),
)
"""``PHOTO_ACCESS`` and the kind of the OSS account."""


def play(
    seed: int,
    on_end: Callable[[Gate], object] | None = None,
    *,
    tells: bool = False,
    audited: bool = False,
    exporting: bool = False,
    portraying: bool = False,
) -> Outcome:
    """Play the seed's story to its end; ``on_end`` gets the gate with its trace.

    ``tells``: somebody is told of what happens, by a receiver that is struck by faults as everything else.
    ``audited``: an audit is kept, in a log store that is struck likewise, and people's pages are looked at.
    ``exporting``: people ask for copies of all that is held about them.
    ``portraying``: portraits are made of every model.

    Raises:
        Violation: a promise was broken.
    """
    chance = random.Random(f"story {seed}")
    faults = Drawn.for_seed(seed)
    cloud = _new_cloud(seed, chance, faults, tells=tells, audited=audited)
    people = _people(seed, chance)
    administrators = Administrators(cloud, seed, people, cloud.kernel.start + TROUBLE_LASTS_MS)
    erasers = Erasers(cloud, seed, people, TROUBLE_LASTS_MS)
    onlookers = Onlookers(cloud, people, seed)
    exporters = Exporters(cloud, people, seed)
    if portraying:
        begin_portraits(cloud, seed, TROUBLE_LASTS_MS)
    with simulated(cloud):
        try:
            administrators.begin()
            erasers.begin()
            Consenters(cloud, seed, people).begin(TROUBLE_LASTS_MS, KEY)
            if audited:
                onlookers.begin(LOOKED_AT_MS)
            if exporting:
                exporters.begin(TROUBLE_LASTS_MS)
            Approver(cloud, seed).begin(TROUBLE_LASTS_MS + WAITS_FOR_MONEY_MS)
            stuck = _trouble(cloud, chance, faults, people)
            troubled = len(cloud.gate.trace), cloud.gate.turn_changes
            if has_caps(seed):
                _wait_for_money(cloud)
            if stuck:
                _live_with(cloud, stuck)
            _recover(cloud)
            administrators.check_end()
            if cloud.receiver is not None:
                _tell_everything(cloud)
            erasers.check_end()
            if audited:
                _put_everything_on_record(cloud)
                check_audit(cloud, people, onlookers)
            if exporting:
                exporters.check_end()
            if portraying:
                check_portraits(cloud)
        except (Exception, Violation) as error:
            kind = "" if isinstance(error, Violation) else f"{type(error).__name__}: "
            raise Violation(f"seed {seed}: {kind}{error}") from error
        finally:
            cloud.close()
            if on_end is not None:
                on_end(cloud.gate)
    gate, most = cloud.gate, cloud.kernel.most_in_flight
    if most < 2 or gate.alone:
        raise Violation(f"seed {seed}: {gate.alone} calls were made with no other handler in flight")
    crashes = sum(fault in CRASHES for _, fault in gate.struck)
    return Outcome(seed, len(gate.trace), len(gate.struck), most, gate.turn_changes, crashes, *troubled)


def _new_cloud(
    seed: int, chance: random.Random, faults: Drawn, *, tells: bool = False, audited: bool = False
) -> SimulatedCloud:
    limit = chance.choice((1, 1, 1, 2, 3))
    photo_access, account = chance.choice(ACCESS)
    cloud = SimulatedCloud(
        seed,
        faults,
        rules=Rules(
            quiet_ms=chance.choice((20_000, 60_000, 120_000)),
            min_photos=chance.choice((1, 1, 2)),
            settle_ms=chance.choice((1_000, 60_000, 60_000)),
            close_at=random.Random(f"number {seed}").choice((10, 10, 0)),
            carry_over=chance.choice((True, True, False)),
            concurrent_trainings=limit,
            sweep_rest_ms=chance.choice((50_000, 110_000, 170_000)),
            training_deadline_ms=chance.choice((12 * MINUTE_MS, LONGEST_DEADLINE_MS)),
            kept_fine_tunes=10_000,
            max_trainings_per_person_per_day=0,
            **drawn_retention(seed),
            **drawn_settings(seed),
            **consent_settings(seed),
        ),
        behaviour=Behaviour(
            training_seconds=chance.choice((20.0, 120.0, 302.0)),
            pending_seconds=chance.choice((0.0, 4.0, 40.0)),
            fetch="start",
            second_fine_tune=chance.choice(("queue", "reject")),
            concurrent_fine_tunes=chance.choice((limit, limit + 2)),
            delete_terminal="allow",
            kept_fine_tunes=10_000,
            max_files=10_000,
            submits_per_second=1_000,
            detections_per_second=chance.choice((5, 1000)),
            # With an effect up to 8 s late and clocks up to 4 s apart this stays below the grace of 60 s.
            list_lag_seconds=chance.choice((0.0, 5.0, 20.0, 45.0)),
            get_lag_seconds=chance.choice((0.0, 0.0, 10.0)),
            failure_details=chance.random() < 0.7,
        ),
        index_lag=chance.choice((0.0, 0.05, 3.0)),
        skew=chance.choice((0, 0, 2_000)),
        photo_access=photo_access,
        account=account,
        emulated_tables=seed % TABLES_CHECKED_EVERY == 0,
        tells=tells,
        audit=audited,
        start=start_of(seed),
    )
    cloud.gate.latency = chance.choice((10, 120, 120))
    if cloud.receiver is not None:
        cloud.receiver.refusal_rate = REFUSED_BY_THE_RECEIVER
    return cloud


def _people(seed: int, chance: random.Random) -> list[str]:
    """Name the people; in one seed of seven the first has a name that is spelled in two ways."""
    people = [f"person {number}" for number in range(chance.choice((1, 1, 2, 2, 3, 4)))]
    if seed % NAMES_SPELLED_EVERY == NAMES_SPELLED_EVERY - 1:
        people[0] = unicodedata.normalize("NFC", "Zoë")
    return people


def _trouble(cloud: SimulatedCloud, chance: random.Random, faults: Drawn, people: list[str]) -> str:
    """Everybody uploads while everything goes wrong; returns the person whose trouble stays, or ""."""
    kernel = cloud.kernel
    cloud.require_second_run(True)
    for person in people:
        _story_of(cloud, chance, person)
    stuck = draw_troubles(cloud, chance, people, kernel.start + TROUBLE_LASTS_MS)
    draw_changes(cloud, chance, people, TROUBLE_LASTS_MS)
    for minute in range(TROUBLE_LASTS_MS // MINUTE_MS):
        when = kernel.start + minute * TICK_MS + chance.randint(0, 3_000)
        for _ in range(chance.choices((0, 1, 2), (1, 12, 2))[0]):
            late = chance.randint(0, 20_000) * chance.choice((0, 1)) + chance.choices((0, 90_000), (20, 1))[0]
            kernel.at(when + late, partial(cloud.invoke_reconcile, late=late))
    if chance.random() < 0.5:
        code = chance.choice(
            ("InternalError.Algo", "InternalError.Algo", "InvalidFile.NoHuman", "SomethingNew")
        )
        cloud.studio.fail_next(code, "simulated", times=chance.randint(1, 2))
    _story_of_other_programs(cloud, chance)
    cloud.advance(TROUBLE_LASTS_MS)
    faults.active = False
    cloud.others.list_change_rate = 0.0
    cloud.require_second_run(False)
    return stuck


def _wait_for_money(cloud: SimulatedCloud) -> None:
    """Nothing goes wrong, and the caps stand: whoever waits for money is told so, until they are lifted."""
    silence = Silence()
    for _ in range(WAITS_FOR_MONEY_MS // TICK_MS):
        cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
        cloud.advance(TICK_MS)
        cloud.invariants.check_ledger()
        silence.check(cloud)
    lift(cloud)


def _live_with(cloud: SimulatedCloud, stuck: str) -> None:
    """One person's trouble stays until it is mended: all others come to rest, and whoever waits says why."""
    silence, started = Silence(), cloud.kernel.now
    while not _are_others_at_rest(cloud, stuck):
        if cloud.kernel.now - started > _bound(cloud):
            left = [f"{job.job_id} {job.state.value}" for job in cloud.jobs() if cloud.is_unfinished(job)]
            raise Violation(f"held up by {stuck}: {left}")
        cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
        cloud.advance(TICK_MS)
        cloud.invariants.check_ledger()
        silence.check(cloud)
    cloud.gate.standings.troubles.clear()


def _are_others_at_rest(cloud: SimulatedCloud, stuck: str) -> bool:
    jobs = [job for job in cloud.jobs() if job.person_id != stuck]
    recorded = _recorded(jobs)
    return not any(cloud.is_unfinished(job) for job in jobs) and all(
        named & recorded for person, _, named in _photos(cloud) if person != stuck
    )


def _story_of_other_programs(cloud: SimulatedCloud, chance: random.Random) -> None:
    """Fine-tunes of others, before ours and among them; and now and then a hand on one of ours."""
    kernel = cloud.kernel
    cloud.others.list_change_rate = chance.choice((0.0, 0.2, 0.6))
    for _ in range(chance.choice((0, 2, 4, 8))):
        kernel.at(kernel.start + chance.randint(0, TROUBLE_LASTS_MS), cloud.others.submit)
    for _ in range(chance.choice((0, 2, 5))):
        kernel.at(kernel.start + chance.randint(0, TROUBLE_LASTS_MS), cloud.others.delete)
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        kernel.at(kernel.start + chance.randint(2 * MINUTE_MS, TROUBLE_LASTS_MS), cloud.others.interfere)


def _story_of(cloud: SimulatedCloud, chance: random.Random, person: str) -> None:
    kernel = cloud.kernel
    arrives = kernel.start + chance.randint(0, 4 * MINUTE_MS) * chance.choice((0, 1))
    count = chance.choice((1, 1, 1, 1, 2, 2, 3, 4, 11, 13))
    for number in range(count):
        content = chance.choices((b"FACE", b"VIEW", b"nothing"), (8, 1, 1))[0] + b" %d" % number
        if chance.random() < 0.1:
            content = b"FACE the same"
        content = _as_it_looks(f"{person} {number} {arrives}", content)
        _upload_at(cloud, chance, arrives + chance.randint(0, 90_000), person, f"{number}.jpg", content)
    if chance.random() < 0.3:
        # Behind its photos, or among them; it names them, or how many they are, or more than ever come.
        says = chance.choice(
            (b"", b"", b'{"photos": %d}' % count, b'{"names": ["0.jpg"]}', b'{"photos": 50}', b"?")
        )
        when = chance.choice((95_000, 95_000, chance.randint(0, 90_000)))
        _upload_at(cloud, chance, arrives + when, person, chance.choice(("_READY", "ready.txt")), says)
    for number in range(chance.choice((0, 0, 1, 2))):
        later = arrives + chance.randint(2 * MINUTE_MS, 7 * MINUTE_MS)
        if chance.random() < 0.5:
            _upload_at(cloud, chance, later, person, f"late {number}.jpg", b"FACE late %d" % number)
        else:
            _upload_at(cloud, chance, later, person, "0.jpg", b"FACE overwritten %d" % number)
    if chance.random() < 0.2:
        kernel.at(arrives + chance.randint(0, 20 * MINUTE_MS), lambda: cloud.delete(person, "1.jpg"))
    if chance.random() < 0.15:
        photos = {f"{number}.jpg": b"FACE in a zip %d" % number for number in range(chance.choice((1, 3)))}
        content = zipped({**photos, "0 again.jpg": b"FACE in a zip 0", ".note": b"-"})
        when = arrives + chance.randint(0, 6 * MINUTE_MS)
        _upload_at(cloud, chance, when, person, "photos.zip", content)
        _second_thoughts_of_a_zip(cloud, when, person, photos)
    _sent_again(cloud, arrives, person)


def _as_it_looks(dice: str, content: bytes) -> bytes:
    """Some photos are frames of a burst, and some without a face show one once they are turned."""
    # Dice of its own, here and below, so that all other stories stay as they are.
    chance = random.Random(dice)
    if content.startswith(b"VIEW") and chance.random() < 0.4:
        return content + b" upright at 90"
    is_frame = content.startswith(b"FACE ") and content[5:].isdigit() and chance.random() < 0.25
    return b"FACE burst A " + content[5:] if is_frame else content


def _sent_again(cloud: SimulatedCloud, arrives: int, person: str) -> None:
    """Now and then the first photo is sent again in parts, under its name or another one."""
    chance = random.Random(f"{person} {arrives} again")
    for number in range(chance.choice((0, 0, 0, 1, 2))):
        name = chance.choice(("0.jpg", f"copy {number}.jpg"))
        later = arrives + chance.randint(100_000, 20 * MINUTE_MS)
        cloud.kernel.at(later, partial(_send_again, cloud, chance, person, name))


def _send_again(cloud: SimulatedCloud, chance: random.Random, person: str, name: str) -> None:
    first = [stored for stored in cloud.uploads() if stored.key == upload_key(person, "0.jpg")]
    for stored in first:
        content = cloud.objects.get(BUCKET, stored.key)[1]
        deliveries = chance.choice(((0,), (2_000,), (), (0, 60_000)))
        cloud.upload(person, name, content, deliveries=deliveries, in_parts=True)


def _second_thoughts_of_a_zip(
    cloud: SimulatedCloud, when: int, person: str, photos: dict[str, bytes]
) -> None:
    """Now and then a zip is replaced, or deleted: within the second, while it is unpacked, or later."""
    chance = random.Random(f"{person} {when}")
    later = when + chance.choice((400, 3_000, 30_000, 2 * MINUTE_MS)) + chance.randint(0, 5_000)
    kind = chance.choices(("stays", "replaced", "deleted"), (4, 3, 2))[0]
    if kind == "replaced":
        second = {**dict(list(photos.items())[:1]), "new.jpg": b"FACE in a second zip"}
        _upload_at(cloud, chance, later, person, "photos.zip", zipped(second))
    elif kind == "deleted":
        cloud.kernel.at(later, lambda: cloud.delete(person, "photos.zip"))


def _upload_at(
    cloud: SimulatedCloud, chance: random.Random, when: int, person: str, name: str, content: bytes
) -> None:
    """Upload, with an event that is on time, late by hours, lost, or repeated in any order."""
    kind = chance.choices(("once", "lost", "repeated", "hours"), (8, 1, 1, 1))[0]
    deliveries = {
        "once": (chance.randint(0, 3_000),),
        "lost": (),
        "repeated": tuple(chance.randint(0, 10 * MINUTE_MS) for _ in range(5)),
        "hours": (chance.randint(HOUR_MS, 3 * HOUR_MS),),
    }[kind]
    folder = random.Random(f"{person} {name} {when}").choice(spellings(person))
    spelled = name if folder == person else f"/{folder}/{name}"
    cloud.kernel.at(when, lambda: cloud.upload(person, spelled, content, deliveries=deliveries))


def _recover(cloud: SimulatedCloud) -> None:
    """Nothing goes wrong any more: everything must come to its end, and soon."""
    # A young upload is left to its event first, and the sweep rests between two looks.
    round_ms = cloud.rules.sweep_rest_ms + 2 * MINUTE_MS
    _tick_until_at_rest(cloud, at_least=round_ms)
    if cloud.studio.files.page(offset=0, limit=1)[1]:
        # What dead runs have left with DashScope may be in use for a while.
        _tick_until_at_rest(cloud, at_least=MAY_BE_IN_USE_MS + round_ms)
    # The last events come hours late, into a world that is at rest.
    cloud.advance(LATEST_EVENT_MS)
    # A consent may have come meanwhile, without an event.
    _tick_until_at_rest(cloud, at_least=round_ms if cloud.rules.consent_required else 0)
    if cloud.invariants.administration.erasures.asked:
        # What came while somebody was erased is found by the rounds of the sweep that follow.
        _tick_until_at_rest(cloud, at_least=2 * round_ms)
        if cloud.studio.files.page(offset=0, limit=1)[1]:
            _tick_until_at_rest(cloud, at_least=MAY_BE_IN_USE_MS + round_ms)
    cloud.invariants.administration.retention.let_go(cloud)
    check_everything_ended(cloud)
    _check_no_file_is_left(cloud)


def _tell_everything(cloud: SimulatedCloud) -> None:
    """The receiver works: whatever it has not been told yet comes with the next tries."""
    assert cloud.receiver is not None
    cloud.receiver.refusal_rate = 0.0
    for _ in range(TICKS_FOR_MESSAGES):
        if cloud.receiver.is_told_everything():
            break
        cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
        cloud.advance(10 * TICK_MS)
    cloud.receiver.check_end()


def _put_everything_on_record(cloud: SimulatedCloud) -> None:
    """Nothing goes wrong: what is settled is in the audit after a few ticks."""
    for _ in range(TICKS_FOR_THE_AUDIT):
        if is_all_on_record(cloud):
            return
        cloud.kernel.at(cloud.kernel.now, cloud.invoke_reconcile)
        cloud.advance(TICK_MS)
    raise Violation("what is settled never comes to the audit")


def _check_no_file_is_left(cloud: SimulatedCloud) -> None:
    """DashScope keeps 100 files for all: those of runs that have died are gone by now as well."""
    left = [file.name for file in cloud.studio.files.page(offset=0, limit=1000)[1]]
    if left:
        raise Violation(f"{len(left)} files are left with DashScope: {left[:3]}")


def _tick_until_at_rest(cloud: SimulatedCloud, *, at_least: int = 0) -> None:
    silence, started = Silence(), cloud.kernel.now
    idle: str | None = None
    while cloud.kernel.now - started < _bound(cloud):
        begins = cloud.kernel.now
        cloud.kernel.at(begins, cloud.invoke_reconcile)
        cloud.advance(TICK_MS)
        cloud.invariants.check_ledger()
        silence.check(cloud)
        if cloud.kernel.now - started > at_least and cloud.is_at_rest():
            return
        was_idle, idle = idle, _idle_with(cloud, begins)
        if was_idle and idle:
            raise Violation(f"the slot idles for more than a tick although {idle} waits")
    left = [f"{job.job_id} {job.state.value}" for job in cloud.jobs() if cloud.is_unfinished(job)]
    raise Violation(f"not settled {_bound(cloud) // MINUTE_MS} minutes after the faults stopped: {left}")


def _bound(cloud: SimulatedCloud) -> int:
    """How long the work that is left may take: the longest pause, then one training after the other."""
    behaviour = cloud.behaviour
    training = int(behaviour.training_seconds + behaviour.pending_seconds) * 1000 + 5 * MINUTE_MS
    attempts = sum(cloud.rules.max_attempts for job in cloud.jobs() if not job.delivered)
    orders = sum(1 for job in cloud.jobs() for order in job.portraits if not order.state.is_terminal)
    portraits = orders * 3 * MINUTE_MS
    return LONGEST_PAUSE_MS + LONGEST_DEADLINE_MS + 10 * MINUTE_MS + attempts * training + portraits


def _idle_with(cloud: SimulatedCloud, since: int) -> str | None:
    """Who waits although nothing of ours goes and nothing stood in the way of a submit from ``since`` on."""
    jobs = cloud.jobs()
    waiting = [
        job
        for job in jobs
        if job.state is JobState.QUEUED
        and job.changed_at < since - 5_000
        and job.due_at <= since
        # What waits for an API goes on with the next probe of it.
        and not (job.retry and job.retry.waits_for)
        # What has killed runs is left alone for a while.
        and not cloud.health().left_alone_until(piece_of(Submit, job.job_id), since)
    ]
    slot = cloud.invariants.slot
    if slot.get("paused") or cloud.invariants.administration.resumed_at > since:
        return None
    if not waiting or slot.get("closed_until", 0) + 2 * cloud.skew > since:
        return None
    grace = any(
        job.state is JobState.SUBMITTING
        or (job.state is JobState.TRAINING and cloud.kernel.now - job.submitted_at < 3 * MINUTE_MS)
        for job in jobs
    )
    going = any(
        entry.status in (*GOING, "CANCELING") and entry.deleted_at is None for entry in cloud.studio.ledger()
    )
    return None if grace or going else waiting[0].job_id


def check_everything_ended(cloud: SimulatedCloud) -> None:
    """Check at rest that every job has its end and its result, every fine-tune its job, every photo its set.

    Raises:
        Violation: a promise was broken.
    """
    jobs = cloud.jobs()
    owners: dict[str, list[str]] = {}
    for job in jobs:
        for name in (job.fine_tune_id, *job.earlier_fine_tunes):
            if name:
                owners.setdefault(name, []).append(job.job_id)
        # What was taken over from an earlier result, or gave way to one, has no result of its own.
        if job.state.is_terminal and job.result_at:
            key = f"results/{job.person_id}/{job.revision}.json"
            text = cloud.objects.get(BUCKET, key)[1].decode()
            cloud.invariants.result_written(key, text)
            if job.state.value not in text:
                raise Violation(f"{key} does not say {job.state.value}: {json.loads(text)}")
    erasures = cloud.invariants.administration.erasures
    known = {job.job_id for job in jobs}
    for entry in cloud.studio.ledger():
        ours = cloud.invariants.is_ours(entry.training_file_ids[0])
        owner = cloud.invariants.owner_of(entry.training_file_ids[0])
        if owner not in known and erasures.is_of_erased(owner):
            if entry.status in GOING and entry.deleted_at is None:
                raise Violation(f"{entry.job_id} of {owner}, who was erased, goes on")
            continue
        if len(owners.get(entry.job_id, [])) != int(ours):
            raise Violation(f"{entry.job_id} (ours: {ours}) is owned by {owners.get(entry.job_id)}")
    if cloud.invariants.slot.get("holders"):
        raise Violation(f"the slot is still held: {cloud.invariants.slot}")
    _check_nothing_is_lost(cloud)
    _check_nothing_is_trained_twice(jobs)
    cloud.invariants.administration.check_end(jobs, cloud.studio.ledger(), cloud.invariants.owner_of)
    cloud.invariants.money.check_end(jobs, cloud.invariants.slot)
    cloud.invariants.consents.check_end(jobs, erases=bool(cloud.erase_key))
    cloud.check_mirrors()


def _check_nothing_is_lost(cloud: SimulatedCloud) -> None:
    """Every photo in the bucket stands, as it is there now, in some set of its person with a verdict."""
    recorded = _recorded(cloud.jobs())
    erasures = cloud.invariants.administration.erasures
    for person, name, named in _photos(cloud):
        is_to_go = any(one.where == PEOPLE_PREFIX for one in erasures.remaining(person))
        if not named & recorded and not is_to_go:
            raise Violation(f"{upload_key(person, name)} was lost")


def _check_nothing_is_trained_twice(jobs: Iterable[Job]) -> None:
    """No upload is new in two trainings, whoever of whatever name they are of."""
    trained: dict[tuple[str, str], str] = {}
    for job in jobs:
        if job.state is not JobState.SUCCEEDED:
            continue
        for photo in job.photo_set.new_usable:
            upload = upload_key(job.person_id, photo.name), photo.etag
            other = trained.setdefault(upload, job.job_id)
            if other != job.job_id:
                raise Violation(f"{upload[0]} was trained as new in {other} and in {job.job_id}")


def _recorded(jobs: Iterable[Job]) -> set[tuple[str, str, str]]:
    """The photos that stand in a set: person, name and content, by its ETag and by its CRC-64 and size."""
    return {
        (job.person_id, photo.name, content)
        for job in jobs
        for photo in job.photo_set.photos
        for content in (photo.etag, f"{photo.crc64} {photo.size}")
    }


def _photos(cloud: SimulatedCloud) -> Iterator[tuple[str, str, set[tuple[str, str, str]]]]:
    """The person and the name of each photo and zip, and both with its content."""
    for stored in cloud.uploads():
        upload = parse_upload(stored.key)
        if isinstance(upload, Upload) and upload.kind in (Kind.PHOTO, Kind.ARCHIVE):
            person, name = upload.person_id, upload.name
            contents = (stored.etag, f"{stored.crc} {stored.size}")
            yield person, name, {(person, name, content) for content in contents}


def main(arguments: list[str]) -> int:
    """Replay the given seeds."""
    on_end = print_trace if "--trace" in arguments else None
    kind = {name: f"--{option}" in arguments for option, name in KINDS.items()}
    for text in arguments:
        if not text.startswith("--"):
            print(play(int(text), on_end, **kind))
    return 0


def print_trace(gate: Gate) -> None:
    """Print the external calls of a story, one a line, with the faults that struck them."""
    faults = {call.index: fault.value for call, fault in gate.struck}
    for call in gate.trace:
        fault = f"   <- {faults[call.index]}" if call.index in faults else ""
        print(f"{call}{fault}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
