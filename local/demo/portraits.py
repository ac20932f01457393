"""The portraits of the demo's people: waited for, checked, and put where somebody can open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.demo.preparation import described
from local.stack import Stack
from shared.domain.content_labels import CannotBeLabelled, carried_label
from shared.domain.portrait_styles import Wanted
from shared.domain.result_keys import portraits_folder

FOLDER = "portraits"


def missing_portraits(cloud: Stack, jobs: Iterable[Mapping[str, Any]], wanted: Sequence[Wanted]) -> list[str]:
    """Return the folders of new models whose portraits are not all there yet."""
    due = sum(one.pictures for one in wanted)
    trained = [job for job in jobs if job["state"] == "SUCCEEDED" and due]
    folders = [portraits_folder(job["person_id"], job["revision"]) for job in trained]
    return [folder for folder in folders if len(_keys(cloud, folder)) < due]


def saved_portraits(cloud: Stack, folder: Path, documents: Iterable[Mapping[str, Any] | None]) -> list[Path]:
    """Write everybody's portraits into ``folder``; returns their paths, each person's newest model last."""
    paths: list[Path] = []
    for document in filter(None, documents):
        for job in reversed(document["revisions"]):
            for key in _keys(cloud, portraits_folder(job["person_id"], job["revision"])):
                path = folder / FOLDER / key.removeprefix("results/").replace("/portraits/", "/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(cloud.objects.get(cloud.bucket, key)[1])
                paths.append(path)
    return paths


def faults_of_portraits(
    cloud: Stack, documents: Iterable[Mapping[str, Any] | None], wanted: Sequence[Wanted]
) -> Iterator[str]:
    """Yield what is wrong with the portraits, in words: each model has all, as pictures with their label."""
    due = sum(one.pictures for one in wanted)
    for document in filter(None, documents):
        for job in document["revisions"]:
            if job["state"] != "SUCCEEDED" or not due:
                continue
            keys = _keys(cloud, portraits_folder(job["person_id"], job["revision"]))
            if len(keys) != due:
                yield f"{job['person_id']} has {len(keys)} portraits, not {due}"
            for key in keys:
                content = cloud.objects.get(cloud.bucket, key)[1]
                if described(content) is None:
                    yield f"{key} is no picture"
                elif not _is_labelled(content):
                    yield f"{key} does not say that it was generated"


def _is_labelled(content: bytes) -> bool:
    try:
        return carried_label(content) is not None
    except CannotBeLabelled:
        return False


def _keys(cloud: Stack, folder: str) -> list[str]:
    return [entry.key for entry in cloud.objects.list_objects(cloud.bucket, prefix=folder, limit=1000).rows]
