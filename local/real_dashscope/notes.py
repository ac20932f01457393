"""What the forwarder remembers of answers: the names of files, and whom a training is for.

Thread-safe. It serves a question in words ("a training of lin?"), and decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from local.real_dashscope.bodies import object_in, output_in
from local.real_dashscope.calls import Subject

MOST_NAMES = 1000
"""The file service keeps 100 files at a time."""


class Notes:
    """The names of stored files, and the trainings that were made in this run."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._trainings: dict[str, Subject] = {}
        self._lock = threading.Lock()

    def note_files(self, answer: bytes) -> None:
        """Take in an answer of the file service; one that cannot be read says nothing."""
        with self._lock:
            for file_id, name in _files_in(answer):
                self._names.pop(file_id, None)
                self._names[file_id] = name
            while len(self._names) > MOST_NAMES:
                del self._names[next(iter(self._names))]

    def names_of(self, file_ids: Sequence[str]) -> list[str]:
        """Return the names of those of the files whose name is known."""
        with self._lock:
            return [self._names[one] for one in file_ids if one in self._names]

    def note_training(self, answer: bytes, subject: Subject) -> None:
        """Take in the answer to a training that was made for ``subject``."""
        name = output_in(answer).get("job_id")
        if isinstance(name, str) and name:
            with self._lock:
                self._trainings[name] = subject

    def subject_of(self, fine_tune_id: str) -> Subject | None:
        """Return whom a training of this run is for; None for one of an earlier run."""
        with self._lock:
            return self._trainings.get(fine_tune_id)


def _files_in(answer: bytes) -> Iterator[tuple[str, str]]:
    """Yield the files of an upload, of a page of the list, or of one file ("File management")."""
    data = object_in(answer).get("data")
    if not isinstance(data, dict):
        return
    for entries in (data.get("uploaded_files"), data.get("files"), [data]):
        for entry in entries if isinstance(entries, list) else ():
            found = (entry.get("file_id"), entry.get("name")) if isinstance(entry, dict) else (None, None)
            if isinstance(found[0], str) and isinstance(found[1], str):
                yield found[0], found[1]
