"""Takes the metadata out of a snapshot, before DashScope or anybody else is given it.

OSS may leave in a snapshot what the photo said of place, camera and owner, with a thumbnail of what was cut
away. Called by :mod:`shared.workflow.checking` for a snapshot whose header shows any, and by
:mod:`shared.workflow.snapshots` for one that is made again. A path stands for one
content, so the clean picture gets a key of its own, and the other object is deleted. A run that dies in
between leaves an object that no row names, as a prepared photo that was never recorded is one.
"""

from __future__ import annotations

from shared.domain.jpeg import HEADER_BYTES, carries_metadata, without_metadata
from shared.domain.object_keys import snapshot_key
from shared.domain.photos import MAX_PREPARED_BYTES
from shared.domain.trouble_kinds import Api
from shared.errors import Trouble
from shared.logs import warn
from shared.workflow.ports import World


def cleaned(world: World, snapshot: str, job_id: str) -> str:
    """Return the key of a picture without metadata: ``snapshot`` itself, or a new one.

    Raises:
        ValueError: the snapshot is no whole JPEG.
        Trouble: it could not be read or written.
    """
    start = world.bucket.read_range(snapshot, 0, HEADER_BYTES)
    return without_its_metadata(world, snapshot, job_id) if carries_metadata(start) else snapshot


def without_its_metadata(world: World, snapshot: str, job_id: str) -> str:
    """Write the picture of ``snapshot``, and nothing else of it, under a new key; returns that key.

    Raises:
        ValueError: the snapshot is no whole JPEG.
        Trouble: it could not be read or written.
    """
    picture = without_metadata(world.bucket.read(snapshot, MAX_PREPARED_BYTES))
    clean = snapshot_key(job_id, world.token())
    world.bucket.write(clean, picture)
    world.health.passed(Api.WRITING)
    try:
        world.bucket.delete(snapshot)
    except Trouble as trouble:
        # It stays in the account: nobody is given it.
        warn("snapshot_not_deleted", job=job_id, code=trouble.code, message=trouble.message)
    return clean
