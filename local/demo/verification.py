"""Checks the demo's outcome against the other side's books: DashScope's ledger, and the bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from local.demo.people import READY, File, Person
from local.demo.preparation import Preparation
from local.live.standing import ENDED
from local.live.words import count
from local.stack import Stack
from shared.domain.object_keys import below_folder


def find_faults(
    cloud: Stack,
    people: Sequence[Person],
    documents: Mapping[str, dict[str, Any] | None],
    prepared: Sequence[Preparation],
) -> list[str]:
    """Return what is not as it should be, in words; empty when all is right.

    A set that is still on its way is not judged: its fine-tune may be there or not.
    """
    faults = [f"{one.person_id}: {one.name}: {one.fault}" for one in prepared if one.fault]
    ledger = cloud.studio.ledger()
    owners: dict[str, list[str]] = {}
    of_fine_tune = {
        job["fine_tune_id"]: job["job_id"]
        for document in documents.values()
        for job in (document["revisions"] if document else ())
    }
    for entry in ledger:
        # A file id, in place of a URL, does not tell whose it is.
        folders = {_folder(file) for file in entry.training_file_ids if "://" in file}
        for folder in folders or {of_fine_tune.get(entry.job_id, "")}:
            owners.setdefault(folder, []).append(entry.job_id)
    outputs = {f"facechain-finetune-{entry.job_id}" for entry in ledger if entry.status == "SUCCEEDED"}
    accounted = 0
    for person in people:
        document = documents.get(person.person_id)
        if document is None:
            faults.append(f"{person.person_id}: nothing of this person was recorded")
            continue
        if document["state"] in ENDED:
            faults += _faults_of_person(person, document)
        for job in document["revisions"]:
            made = owners.get(job["job_id"], [])
            accounted += len(made)
            if job["state"] not in ENDED:
                continue
            due = 1 if job["state"] == "SUCCEEDED" else 0
            if job["state"] != "FAILED" and len(made) != due:
                faults.append(
                    f"{person.person_id}: {count(len(made), 'fine-tune')} for one photo set, {due} is right"
                )
            if due and job["finetuned_output"] not in outputs:
                faults.append(f"{person.person_id}: {job['finetuned_output']} is not in DashScope's ledger")
            if due:
                faults += _faults_of_result(cloud, job)
    if accounted != len(ledger):
        faults.append(f"DashScope's ledger has {count(len(ledger), 'fine-tune')}, accounted for: {accounted}")
    return faults


def missing_results(cloud: Stack, jobs: Sequence[dict[str, Any]]) -> list[str]:
    """Return the keys of results that are due but not written yet; they follow the state by moments."""
    due = [
        f"results/{job['person_id']}/{job['revision']}.json" for job in jobs if job["state"] == "SUCCEEDED"
    ]
    written = {
        entry.key for entry in cloud.objects.list_objects(cloud.bucket, prefix="results/", limit=1000).rows
    }
    return [key for key in due if key not in written]


def _faults_of_person(person: Person, document: dict[str, Any]) -> list[str]:
    faults = []
    current = document["current"]
    if person.expected and document["state"] != person.expected:
        faults.append(f"{person.person_id} is {document['state']}, not {person.expected}")
    if person.expected and len(document["revisions"]) != 1:
        faults.append(f"{person.person_id} has {count(len(document['revisions']), 'photo set')}, not 1")
    if person.closed_by and current["closed_by"] != person.closed_by:
        faults.append(f"{person.person_id} was closed by {current['closed_by']}, not {person.closed_by}")
    faults += faults_of_verdicts(person, {photo["name"]: photo["verdict"] for photo in current["photos"]})
    if document["state"] == "REJECTED" and not current["reason"]:
        faults.append(f"{person.person_id} is REJECTED without a reason")
    return faults


def faults_of_verdicts(person: Person, verdicts: Mapping[str, str]) -> list[str]:
    """Compare the verdicts by the files' names. Which of two copies was recorded first is left to chance."""
    files = list(_everything(person))
    faults = []
    if person.expected:
        missing = {name for name, _ in files} - verdicts.keys()
        strange = verdicts.keys() - {name for name, _ in files}
        faults += [f"{person.person_id}: no verdict on {name}" for name in sorted(missing)]
        faults += [f"{person.person_id}: a verdict on {name}, which was not sent" for name in sorted(strange)]
    for name, file in files:
        if verdicts.get(name, "") in ("", file.verdict) or not file.verdict:
            continue
        copies = [(other, twin.verdict) for other, twin in files if twin.content == file.content]
        found = sorted(verdicts.get(other, "") for other, _ in copies)
        if found != sorted(verdict for _, verdict in copies):
            faults.append(f"{person.person_id}: {name} is {verdicts[name]}, not {file.verdict}")
    return faults


def _everything(person: Person) -> Iterator[tuple[str, File]]:
    """Yield each file that a verdict is due on, those inside of zips too, by the name it is recorded by."""
    for file in person.files:
        if below_folder(file.name) != READY:
            yield file.name, file
            yield from ((f"{file.name}/{inner.name}", inner) for inner in file.inside)


def _faults_of_result(cloud: Stack, job: dict[str, Any]) -> list[str]:
    key = f"results/{job['person_id']}/{job['revision']}.json"
    try:
        _, content = cloud.objects.get(cloud.bucket, key)
    except Exception as problem:
        return [f"{key} cannot be read: {problem}"]
    written = json.loads(content)
    if written["finetuned_output"] != job["finetuned_output"]:
        return [f"{key} names {written['finetuned_output']}, not {job['finetuned_output']}"]
    return []


def _folder(url: str) -> str:
    """The job id in a snapshot's URL: the folder that the snapshot lies in."""
    return unquote(urlsplit(url).path).rpartition("/")[0].rpartition("/")[2]
