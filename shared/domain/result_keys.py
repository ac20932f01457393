"""Where results and portraits lie in the bucket, and whose an object there is."""

from __future__ import annotations

from shared.domain.object_keys import RESULTS_PREFIX


def person_results(person_id: str) -> str:
    """The prefix of all of a person's results."""
    return f"{RESULTS_PREFIX}{person_id}/"


def revision_of_result(person_id: str, key: str) -> int:
    """Return the revision whose result lies under ``key``, or 0 for another object."""
    name, _, suffix = key.removeprefix(person_results(person_id)).partition(".")
    return _revision(name) if suffix == "json" else 0


def revision_of_portrait(person_id: str, key: str) -> int:
    """Return the revision whose portrait lies under ``key``, or 0 for another object."""
    name, _, rest = key.removeprefix(person_results(person_id)).partition("/")
    return _revision(name) if rest.startswith("portraits/") else 0


def _revision(name: str) -> int:
    is_number = name.isascii() and name.isdigit() and len(name) <= 9
    return int(name) if is_number else 0


def result_key(person_id: str, revision: int) -> str:
    """Where the result of a person's ``revision``-th job is written."""
    return f"{RESULTS_PREFIX}{person_id}/{revision}.json"


def revision_among_results(person_id: str, key: str) -> int:
    """Return the revision whose result or portrait lies under ``key``, or 0 for another object."""
    return revision_of_result(person_id, key) or revision_of_portrait(person_id, key)


def portraits_folder(person_id: str, revision: int) -> str:
    """The prefix of the portraits of a person's ``revision``-th model."""
    return f"{RESULTS_PREFIX}{person_id}/{revision}/portraits/"


def portrait_key(person_id: str, revision: int, order: int, place: int, suffix: str) -> str:
    """Where a portrait lies: the ``place``-th picture of an order."""
    return f"{portraits_folder(person_id, revision)}{order}-{place}.{suffix}"
