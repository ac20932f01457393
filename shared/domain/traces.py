"""Takes a person out of the rows that all share: each function returns the value without any trace of theirs.

Pure; :mod:`shared.workflow.erasing_rows` writes. A person stands in these rows by the keys of their partition
(with which ids of jobs begin), by ids of fine-tunes, or by folders. A value without a trace is returned as it
is, so that nothing is written for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from shared.domain.health import Health
from shared.domain.lingering import Lingering
from shared.domain.object_keys import folder_in, person_folder
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.domain.totals import Totals

_T = TypeVar("_T")


def is_named(text: str, keys: Collection[str]) -> bool:
    """Whether a text names one of the partitions: a job's id, or a piece of work of the person's."""
    return any(key in text for key in keys)


def health_without(health: Health, keys: Collection[str]) -> Health:
    """Forget what the person's pieces of work have done to runs."""
    return replace(
        health,
        deaths=_others(health.deaths, keys),
        unwritten=_others(health.unwritten, keys),
        in_hand="" if is_named(health.in_hand, keys) else health.in_hand,
        # From its beginning: sets that are gone through twice stay as they are.
        retimed_up_to="" if is_named(health.retimed_up_to, keys) else health.retimed_up_to,
        portraits_up_to="" if is_named(health.portraits_up_to, keys) else health.portraits_up_to,
    )


def _others(named: Mapping[str, _T], keys: Collection[str]) -> dict[str, _T]:
    return {name: one for name, one in named.items() if not is_named(name, keys)}


def slot_without(
    slot: Slot, keys: Collection[str], fine_tunes: Collection[str], settled: Collection[str] = ()
) -> Slot:
    """Forget the person's refused jobs and fine-tunes, and the ``settled`` jobs of the ledger.

    A place in the slot is given back by others. What the jobs have cost stays in the sums.
    """
    spending = slot.spending
    if spending is not None:
        left = {name: count for name, count in spending.settled_jobs.items() if name not in settled}
        spending = replace(spending, settled_jobs=left)
    return replace(
        slot,
        spending=spending,
        refused_jobs=tuple(name for name in slot.refused_jobs if not is_named(name, keys)),
        ended_fine_tunes=tuple(name for name in slot.ended_fine_tunes if name not in fine_tunes),
    )


def lingering_without(lingering: Lingering, fine_tunes: Collection[str]) -> Lingering:
    """Forget for how long runs have stayed for the person's trainings."""
    left = {name: ms for name, ms in lingering.stayed_ms.items() if name not in fine_tunes}
    return replace(lingering, stayed_ms=left)


def sweep_without(sweep: SweepProgress, folders: Collection[str]) -> SweepProgress:
    """Forget the person's folders; a round that has stopped in one begins anew, and settles nothing."""
    is_inside = any(sweep.cursor.startswith(person_folder(folder)) for folder in folders)
    return replace(
        sweep,
        cursor="" if is_inside else sweep.cursor,
        is_clean=sweep.is_clean and not is_inside,
        stuck=tuple(one for one in sweep.stuck if one not in folders),
        left_over=tuple(one for one in sweep.left_over if one not in folders),
        people_passed=tuple(one for one in sweep.people_passed if one not in folders),
    )


def totals_without(totals: Totals, keys: Collection[str]) -> Totals:
    """Forget the person's results; the numbers, which name nobody, stay."""
    return replace(
        totals,
        counted=tuple(name for name in totals.counted if not is_named(name, keys)),
        recent=tuple(one for one in totals.recent if not is_named(str(one.get("job_id")), keys)),
    )


def deliveries_without(value: Mapping[str, Any], is_theirs: Callable[[str], bool]) -> dict[str, Any]:
    """Forget the tries to send messages of the person's jobs, whose ids ``is_theirs`` knows."""
    tries = [one for one in value.get("tries", []) if not is_theirs(str(one.get("job_id", "")))]
    return {**value, "tries": tries}


def is_in_folders(key: str, folders: Collection[str]) -> bool:
    """Whether an upload's key, perhaps cut short, lies in one of the folders or is one."""
    return folder_in(key) in folders
