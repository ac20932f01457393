"""Takes the slot back from a job whose row cannot be read, once the list shows that its fine-tune is over.

The theory. A row of newer code, or a damaged one, is left as it is, and nobody can tell from it what its job
is about. But a snapshot's key and the name of a stored file tell of which job they are, so the list of
fine-tunes tells which ones are of this job. When all of these have ended the slot is free, whatever the row
says. When there is none, the POST was never sent or was refused: no run can send it any more by then, and the
list has had the time to show it. A fine-tune that is going and does not tell whose it is may be the job's.

Called by a tick while somebody waits for the slot.
"""

from __future__ import annotations

from collections.abc import Collection

from shared.domain.clocks import has_come
from shared.domain.fine_tunes import CANCELED, FAILED, SUCCEEDED, FineTune, path_of, unclear
from shared.domain.object_keys import snapshot_folder
from shared.domain.photo_access import Way
from shared.domain.spending import Billed
from shared.domain.stored_files import mark_of, parse_name
from shared.domain.trouble_kinds import Api
from shared.logs import warn
from shared.workflow.owning import read_whole_list
from shared.workflow.photo_access import known_way
from shared.workflow.ports import World
from shared.workflow.resolving import GOES_ON, known_fine_tunes

RUNS_LAST_MS = 600_000
"""By then the run is dead that took the slot last: no invocation is given so long."""
GOES_ON_AT_MOST_MS = 7 * 86_400_000
"""A training takes minutes, and one day behind others would be long. What is older is of another model: where
it is ours all the same, a second one waits behind it, and nothing is paid twice."""
_ENDED = (SUCCEEDED, FAILED, CANCELED)


def reclaim(world: World, job_id: str) -> bool:
    """Release the slot that ``job_id`` holds if no fine-tune of it is going; returns whether it is released.

    Raises:
        Trouble: the list cannot be read.
        Conflict: another run has changed the slot.
    """
    slot, now = world.control.slot(), world.clock.now()
    longest_ms = RUNS_LAST_MS + world.rules.listing_delay_ms
    if not slot.held_by(job_id) or not has_come(slot.taken_at + longest_ms, now, longest_ms=longest_ms):
        return False
    listed = read_whole_list(world)
    world.health.passed(Api.TRAINING)
    made = _made_for(world, job_id, listed)
    if any(one.status not in _ENDED for one in made):
        return False
    if not made and _is_in_doubt(world, listed, now):
        return False
    warn("slot_reclaimed", job=job_id, fine_tunes=[one.fine_tune_id for one in made])
    released = slot.released(
        job_id,
        keeps_fine_tune=any(one.status == SUCCEEDED for one in made),
        fine_tunes=tuple(one.fine_tune_id for one in made if one.fine_tune_id),
        billed=Billed(sum(one.usage for one in made), max((one.created_at or 0 for one in made), default=0)),
    )
    world.control.save_slot(slot, released)
    return True


def _made_for(world: World, job_id: str, listed: Collection[FineTune]) -> list[FineTune]:
    """Return the fine-tunes that were made from the job's snapshots, or from the files that these became."""
    made = [one for one in listed if _names(one, [snapshot_folder(job_id)])]
    if made or known_way(world) is Way.URL:
        return made
    mark = mark_of(world.bucket.name)
    named = ((file.file_id, parse_name(mark, file.name)) for file in world.dashscope.files())
    files = [file_id for file_id, name in named if name is not None and name.job_id == job_id]
    return [one for one in listed if _names(one, files)]


def _names(fine_tune: FineTune, parts: Collection[str]) -> bool:
    """Whether a file of the fine-tune has one of ``parts``, folders or ids, in its path."""
    paths = [f"/{path_of(file)}/" for file in fine_tune.files]
    return any(f"/{part.strip('/')}/" in path for part in parts for path in paths)


def _is_in_doubt(world: World, listed: Collection[FineTune], now: int) -> bool:
    """Whether a fine-tune is going that may be the job's: its files do not tell whose it is."""
    since, known = max(0, now - GOES_ON_AT_MOST_MS), known_fine_tunes(world)
    doubtful = unclear(listed, since=since, until=now, count=0, not_these=(), known=known)
    return any(one.status in GOES_ON for one in doubtful)
