"""Zips for the workflow's tests, and the verdicts that they lead to."""

from __future__ import annotations

import io
import zipfile

from shared.domain.job import Job
from tests.simulation.cloud import SimulatedCloud

FACES = {f"{number}.jpg": b"FACE %d" % number for number in range(1, 4)}


def verdicts(job: Job) -> dict[str, str]:
    return {photo.name: photo.verdict.value for photo in job.photo_set.photos}


def details(job: Job) -> dict[str, str]:
    return {photo.name: photo.detail for photo in job.photo_set.photos}


def settled(cloud: SimulatedCloud, content: bytes) -> Job:
    """Upload a zip, let its photos come, and return the job before anything has become quiet."""
    cloud.upload("anna", "a.zip", content)
    cloud.advance(30_000)
    (job,) = cloud.jobs()
    return job


def entry(name: str, **changes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for field, value in changes.items():
        setattr(info, field, value)
    return info


def zip_of(*entries: tuple[zipfile.ZipInfo | str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return buffer.getvalue()
