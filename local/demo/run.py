"""The demo from beginning to end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local.demo.following import Ending, Following, patience_seconds
from local.demo.people import SAMPLE_PEOPLE, Folder, Person, people_in, sample_people
from local.demo.portraits import faults_of_portraits, saved_portraits
from local.demo.preparation import preparations
from local.demo.summary import everybody, listed, made_usable, not_used
from local.demo.uploads import Uploads
from local.demo.verification import find_faults
from local.endpoints import ENDPOINTS_FILE, forget_stale_endpoints, published
from local.live.journal import Journal
from local.live.standing import ENDED, Pace, Standing
from local.live.status_client import StatusClient
from local.live.terminal import make_console
from local.live.view import by_state
from local.live.watch import Watch
from local.live.words import count
from local.options import Options
from local.stack import Stack
from local.stopping import INTERRUPTED, stop_on_signals
from shared.domain.rules import MAX_PHOTOS

WRONG, GAVE_UP = 1, 3
"""Exit statuses."""


def run_demo(options: Options, photos: Path | None) -> int:
    """Run it; returns the exit status: 0 only if all is as it should be."""
    began = time.monotonic()
    console = make_console()
    folder = None
    if photos:
        console.print(f"Reading the photos in {photos} ...")
        folder = people_in(photos.expanduser())
    options.kept_jobs = max(options.kept_jobs, len(folder.people) if folder else SAMPLE_PEOPLE)
    forget_stale_endpoints()
    stop = stop_on_signals()
    journal = Journal()
    with Stack(options, on_log=journal.on_log) as cloud, published(cloud.endpoints):
        if folder is None:
            # Only now: it takes seconds, and a data folder that cannot be used is refused at once.
            console.print("Drawing sample photos ...")
            folder = Folder(sample_people())
        people = folder.people
        watch = Watch.of(cloud, journal.stale)
        _introduce(cloud, watch.pace, people, console)
        if photos:
            _warn_about(folder, console)
        console.print()
        following = Following(cloud, people, watch, console)
        patience = patience_seconds(options, watch.pace.rules)
        uploads = Uploads(cloud, people)
        ending = following.run(uploads, patience, stop, began)
        if ending is Ending.STOPPED:
            console.print(f"\nStopped: {by_state(following.standings)}.")
            status = INTERRUPTED
        else:
            faults = _conclude(cloud, people, uploads, watch.pace, options.data, console)
            if ending is Ending.STUCK:
                _give_up(following.standings, patience, console)
            status = WRONG if faults else GAVE_UP if ending is Ending.STUCK else 0
    console.print(f"{'Done' if status == 0 else 'Ended'} after {time.monotonic() - began:.1f} s.")
    console.print("To go on with this data, which then is kept, so that the next demo needs another folder:")
    console.print(f"  LOCAL_DATA={options.data} make up", soft_wrap=True)
    return status


def _introduce(cloud: Stack, pace: Pace, people: Sequence[Person], console: Console) -> None:
    files = count(sum(len(person.files) for person in people), "file")
    slots = count(pace.rules.concurrent_trainings, "training slot")
    console.print(
        f"The local cloud is up: {count(len(people), 'person', 'people')}, {files}, {slots},"
        f" {pace.training_seconds:g} s a training.\n"
        f"While it runs: status API {cloud.status_url}, endpoints and keys in {ENDPOINTS_FILE}"
    )
    console.print(f"Watch it in a browser: {cloud.sign_in_url}", soft_wrap=True)


def _warn_about(folder: Folder, console: Console) -> None:
    """Say in advance what might surprise those who take photos of their own."""
    for reason, names in folder.left_out.items():
        console.print(f"Left out: {listed(names)}: {reason}")
    if any(len(person.files) > MAX_PHOTOS for person in folder.people):
        console.print(
            f"A training takes at most {MAX_PHOTOS} photos: of more, those that differ most, then the newest."
        )


def _conclude(
    cloud: Stack, people: Sequence[Person], uploads: Uploads, pace: Pace, data: Path, console: Console
) -> list[str]:
    """Show what has become of everybody, and return what is not as it should be."""
    client = StatusClient(cloud.status_url, cloud.status_token)
    documents = {person.person_id: client.person(person.person_id) for person in people}
    client.close()
    prepared = preparations(cloud, people, documents)
    console.print()
    console.print(everybody(people, documents, console.width))
    for part in (made_usable(prepared), not_used(documents)):
        if part is not None:
            console.print(part)
    console.print()
    faults = [*filter(None, [uploads.problem]), *find_faults(cloud, people, documents, prepared)]
    faults += faults_of_portraits(cloud, documents.values(), pace.rules.portraits)
    for fault in faults:
        console.print(f"WRONG: {fault}", style="bold red")
    if not faults:
        ledger = cloud.studio.ledger()
        billed = sum(entry.billed_trainings for entry in ledger)
        console.print(
            f"DashScope's ledger: {count(len(ledger), 'fine-tune')}, {billed} billed,"
            " exactly one for each photo set that was trained.",
            style="green",
        )
    if portraits := saved_portraits(cloud, data, documents.values()):
        console.print(f"{count(len(portraits), 'portrait')}, each labelled as generated. Open the first:")
        console.print(f"  {portraits[0]}", soft_wrap=True)
    return faults


def _give_up(standings: Sequence[Standing], patience: float, console: Console) -> None:
    waiting = [
        f"{one.name} is still {one.state or 'without a photo'}" for one in standings if one.state not in ENDED
    ]
    console.print(
        f"Gave up: nothing has changed for {patience:.0f} s. {'; '.join(waiting) or 'Results are missing'}."
        " The demo judges only those that have ended.",
        style="yellow",
    )
