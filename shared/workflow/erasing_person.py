"""Whom an erasure removes, in every spelling of the name.

Called by :mod:`shared.workflow.erasing`, ``erasing_rows`` and ``erasing_stores``. A person has one partition
of jobs, and one more for each spelling of the name that the version 0.1.0 knew as a person of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.job import Job
from shared.domain.object_keys import (
    PEOPLE_PREFIX,
    folder_in,
    may_be_spelled_otherwise,
    person_key,
    person_of,
    spellings,
)
from shared.domain.traces import is_in_folders, is_named
from shared.logs import warn
from shared.workflow.ports import World

MAX_REVISIONS = 5_000
FOLDERS_A_PAGE = 1000
MAX_FOLDER_PAGES = 200


@dataclass
class Person:
    """Whom an erasure removes.

    Attributes:
        person_id: the name, in composed form.
        jobs: the rows of before, those of one partition together, the newest first.
        newest: the places in ``jobs`` of the newest row of each partition.
        folders: the names of the folders, in every spelling.
    """

    person_id: str
    jobs: list[Job]
    newest: frozenset[int] = frozenset()
    folders: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        met = (folder for job in self.jobs for folder in (job.person_id, *job.folders))
        self.folders = tuple(dict.fromkeys((*spellings(self.person_id, met), *self.folders)))

    @property
    def keys(self) -> tuple[str, ...]:
        """The partitions of the tables that are the person's."""
        return tuple(dict.fromkeys(map(person_key, self.folders)))

    @property
    def fine_tunes(self) -> list[str]:
        """The ids of all fine-tunes that were made for the person."""
        return [name for job in self.jobs for name in (*job.earlier_fine_tunes, job.fine_tune_id) if name]

    def is_subject(self, subject: str) -> bool:
        """Whether a request's subject is the person or one of their jobs."""
        return subject in self.folders or is_named(subject, self.keys)

    def has_upload(self, key: str) -> bool:
        """Whether an upload's key lies in one of the folders."""
        return is_in_folders(key, self.folders)


def find_person(world: World, person_id: str, erased_before: int) -> Person:
    """Read the person's rows of before, in all spellings of the name.

    Raises:
        Trouble: they cannot be read.
    """
    folders = spellings(person_id, spelled_otherwise(world, person_id))
    while True:
        jobs: list[Job] = []
        newest: list[int] = []
        for key in dict.fromkeys(map(person_key, folders)):
            found = old_jobs(world, key, erased_before)
            newest += [len(jobs)] if found else []
            jobs += found
        person = Person(person_id, jobs, frozenset(newest), folders)
        if set(person.folders) == set(folders):
            return person
        # A row tells of a spelling that was not known: it may have rows of its own.
        folders = person.folders


def old_jobs(world: World, key: str, erased_before: int) -> list[Job]:
    """Return the jobs of a partition that were opened before, newest first."""
    found = world.jobs.revisions_of(key, limit=MAX_REVISIONS)
    return [job for job in found if job.starts_after < erased_before]


def spelled_otherwise(world: World, person_id: str) -> Iterable[str]:
    """Look for folders of the person in spellings that no row may know of; most names have none.

    Raises:
        Trouble: the bucket does not answer.
    """
    if not may_be_spelled_otherwise(person_id):
        return
    after = ""
    for _ in range(MAX_FOLDER_PAGES):
        page, after = world.bucket.list_folders(PEOPLE_PREFIX, after, FOLDERS_A_PAGE)
        for prefix in page:
            if person_of(folder := folder_in(prefix)) == person_id:
                yield folder
        if not after:
            return
    warn("folders_not_all_looked_through", pages=MAX_FOLDER_PAGES)
