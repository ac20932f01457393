"""The demo from beginning to end."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import oss2
from rich.cells import set_cell_size
from rich.console import Console
from rich.live import Live

from local.cloud import LocalCloud
from local.demo.people import Person, interleaved, people_in, sample_people
from local.demo.preparation import preparations
from local.demo.progress import final_table, live_view, prepared_files, refused_files
from local.demo.status_client import StatusClient
from local.demo.verification import find_faults, missing_results
from local.endpoints import forget_stale_endpoints, published
from local.options import Options

SETTLED = {"SUCCEEDED", "FAILED", "CANCELED", "REJECTED"}
MARK = ".made-by-make-demo"
LOOK_SECONDS = 0.4
PATIENCE_SECONDS = 100.0


def run_demo(options: Options, photos: Path | None, console: Console) -> int:
    """Run it; returns the exit status: 0 only if all is as it should be."""
    people = people_in(photos) if photos else sample_people()
    _empty(options.data)
    options.kept_jobs = max(options.kept_jobs, len(people))
    patience = PATIENCE_SECONDS + (options.training_seconds + 5) * max(0, len(people) - 6)
    began = time.monotonic()
    forget_stale_endpoints()
    with LocalCloud(options) as cloud, published(cloud.endpoints):
        console.print(
            f"The local cloud is up after {time.monotonic() - began:.1f} s. "
            f"{len(people)} people, {sum(len(person.files) for person in people)} files, "
            f"one training slot, {options.training_seconds:g} s a training.\n"
        )
        documents = _follow(cloud, people, console, patience)
        return _conclude(cloud, people, documents, console, time.monotonic() - began)


def _follow(
    cloud: LocalCloud, people: Sequence[Person], console: Console, patience: float
) -> dict[str, dict[str, Any] | None]:
    uploads = _Uploads(cloud, people)
    client = StatusClient(cloud.url("status"), cloud.account.status_token)
    documents: dict[str, dict[str, Any] | None] = {}
    began = time.monotonic()
    last: dict[str, str] = {}
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or nullcontext():
        while True:
            documents = {person.person_id: client.person(person.person_id) for person in people}
            seconds = time.monotonic() - began
            if live is not None:
                live.update(live_view(people, documents, uploads.story, seconds), refresh=True)
            else:
                last = _print_changes(console, documents, last, seconds)
            if (
                uploads.done
                and not missing_results(cloud, documents)
                and all(document and document["state"] in SETTLED for document in documents.values())
            ):
                return documents
            if seconds > patience or uploads.problem:
                return documents
            time.sleep(LOOK_SECONDS)


def _print_changes(
    console: Console, documents: dict[str, dict[str, Any] | None], last: dict[str, str], seconds: float
) -> dict[str, str]:
    """Without a terminal there is no live table: print each change of a state on a line of its own."""
    states = {name: document["state"] for name, document in documents.items() if document}
    for name, state in states.items():
        if last.get(name) != state:
            console.print(f"{seconds:6.1f} s  {set_cell_size(name, 12)} {state}", highlight=False)
    return states


def _conclude(
    cloud: LocalCloud,
    people: Sequence[Person],
    documents: dict[str, dict[str, Any] | None],
    console: Console,
    seconds: float,
) -> int:
    console.print()
    console.print(final_table(people, documents))
    prepared = preparations(cloud, people, documents)
    for table in (prepared_files(prepared), refused_files(documents)):
        if table.row_count:
            console.print(table)
    faults = find_faults(cloud, people, documents, prepared)
    ledger = cloud.studio.ledger()
    billed = sum(entry.billed_trainings for entry in ledger)
    for fault in faults:
        console.print(f"WRONG: {fault}", style="bold red")
    if not faults:
        console.print(
            f"\nDashScope's ledger: {len(ledger)} fine-tunes, {billed} billed, "
            "exactly one for each photo set that was trained.",
            style="green",
        )
    console.print(f"Done in {seconds:.1f} s. Status API: {cloud.url('status')} (it stops with the demo)")
    console.print(f"To look around: LOCAL_DATA={cloud.options.data} make up", highlight=False)
    return 1 if faults else 0


class _Uploads:
    """The people's clients: upload everything, interleaved, on a thread of their own."""

    def __init__(self, cloud: LocalCloud, people: Sequence[Person]) -> None:
        auth = oss2.AuthV4(cloud.account.access_key_id, cloud.account.access_key_secret)
        self._bucket = oss2.Bucket(auth, cloud.url("oss"), cloud.bucket, region=cloud.resources.region)
        self._people = people
        self._sent = 0
        self.problem = ""
        self._thread = threading.Thread(target=self._upload, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether everything has been sent."""
        return not self._thread.is_alive()

    @property
    def story(self) -> str:
        """How far it is, in words."""
        total = sum(len(person.files) for person in self._people)
        return self.problem or f"{self._sent} of {total} files uploaded"

    def _upload(self) -> None:
        try:
            for person, file in interleaved(self._people):
                self._bucket.put_object(f"people/{person.person_id}/{file.name}", file.content)
                self._sent += 1
        except oss2.exceptions.OssError as problem:
            self.problem = f"the upload failed: {problem}"


def _empty(data: Path) -> None:
    """Make the data folder empty, but never one that the demo did not make itself."""
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            raise FileExistsError(f"{data} holds data that is not the demo's; choose another LOCAL_DATA")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
