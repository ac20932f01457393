"""Shows pictures to DashScope's face check, by the way on which DashScope gets at them.

The theory of the ways is in :mod:`shared.domain.photo_access`. Called by :mod:`shared.workflow.checking` and
:mod:`shared.workflow.sideways` for a photo, and by :mod:`shared.workflow.probing` for a picture of our own;
:mod:`shared.workflow.training_files` asks for the way alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from shared.domain.dashscope_codes import is_failed_download
from shared.domain.photo_access import Way
from shared.errors import Trouble
from shared.workflow.ports import World

if TYPE_CHECKING:
    from shared.domain.job import Job

CHECK_TRIES = 6
FIRST_PAUSE_MS = 300
"""After a throttled check; doubled with each try, so that the last leaves within ten seconds."""
TIME_FOR_A_CHECK_MS = 20_000


def check_face(world: World, key: str) -> tuple[bool, str]:
    """Have DashScope look for a face in one picture; as :func:`check_faces`."""
    (verdict,) = check_faces(world, [key])
    return verdict


def check_faces(world: World, keys: Sequence[str], job: Job | None = None) -> list[tuple[bool, str]]:
    """Have DashScope look for a face in each of the pictures under ``keys``, in one call.

    ``job``: whose pictures they are; None: they are our own, and nobody's consent is asked for.

    Returns:
        For each whether there is one, and why not.

    Raises:
        NoConsent: they may not be shown to DashScope.
        Trouble: there is no verdict on any; or a finding about one of the pictures (``Kind.PICTURE``).
    """
    way = settled_way(world)
    if way is not Way.FILE:
        try:
            verdicts = check_by_url(world, keys, job)
        except Trouble as trouble:
            if world.access.settings.way or not is_failed_download(trouble.code):
                raise
            if learn(world) is not Way.FILE:
                raise
        else:
            if way is None:
                world.access.note(Way.URL)
            return verdicts
    return check_by_file(world, keys, job)


def check_by_url(world: World, keys: Sequence[str], job: Job | None = None) -> list[tuple[bool, str]]:
    """Show pictures to the face check by signed URLs."""
    return _check_at(world, [world.bucket.signed_url(key) for key in keys], job)


def check_by_file(world: World, keys: Sequence[str], job: Job | None = None) -> list[tuple[bool, str]]:
    """Show pictures to the face check by DashScope's file service."""
    # Imported here: where URLs work, no instance needs it.
    from shared.workflow.stored_files import stored_for_check

    with ExitStack() as stored:
        check = partial(_check_consent, world, job)
        urls = [stored.enter_context(stored_for_check(world, key, check)) for key in keys]
        return _check_at(world, urls, job)


def _check_consent(world: World, job: Job | None) -> None:
    if job is None or not world.rules.consent_required:
        return
    # Imported here: most deployments ask for no consent.
    from shared.workflow.consenting import check_consent

    check_consent(world, job)


def _check_at(world: World, urls: Sequence[str], job: Job | None) -> list[tuple[bool, str]]:
    """Show the pictures at ``urls`` to the face check; for a few seconds again where that is throttled."""
    for attempt in range(CHECK_TRIES):
        _check_consent(world, job)
        world.pace_face_checks()
        try:
            return world.dashscope.detect_faces(urls)
        except Trouble as trouble:
            is_last = attempt + 1 == CHECK_TRIES or not world.has_time_for(TIME_FOR_A_CHECK_MS)
            if is_last or not trouble.code.startswith("Throttling") or trouble.kind.is_of_all:
                raise
            world.clock.sleep(world.with_jitter(FIRST_PAUSE_MS * 2**attempt))
    raise AssertionError("unreachable")


def learn(world: World) -> Way | None:
    """Find out whether URLs work; returns the way that works, or None when that could not be found out."""
    # Imported here: an account learns once, and again each day where URLs do not work.
    from shared.workflow.learning_access import learn_way

    return learn_way(world)


def doubt_urls(world: World, code: str) -> None:
    """Find out anew whether URLs work, if a fine-tune has failed with the ``code`` of a failed download."""
    if world.access.settings.way is None and is_failed_download(code):
        learn(world)


def known_way(world: World) -> Way | None:
    """Return the way that photos take, as far as is known without a try."""
    return world.access.settings.way or world.access.settings.way_by(world.access.learnt())


def settled_way(world: World) -> Way | None:
    """Return the way that photos take, after having asked anew where that is due; None: it is not known."""
    settings = world.access.settings
    if settings.way:
        return settings.way
    learnt = world.access.learnt()
    if settings.asks_again(learnt, world.clock.now()):
        return learn(world) or Way.FILE
    return settings.way_by(learnt)
