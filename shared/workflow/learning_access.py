"""Finds out by which way DashScope gets photos, with a picture of our own.

Called by :mod:`shared.workflow.photo_access` when a URL could not be downloaded, and again after a day where
URLs do not work; by :mod:`shared.workflow.training_files` where nothing has been learnt from a face check.
A photo that DashScope cannot download may be that photo's trouble. Our own picture is there and is readable,
so what happens to it is true of all.
"""

from __future__ import annotations

from shared.domain.dashscope_codes import is_failed_download
from shared.domain.photo_access import Way
from shared.domain.trouble_kinds import Kind
from shared.errors import Trouble
from shared.logs import log, warn
from shared.workflow.own_picture import PICTURE_KEY, write_picture
from shared.workflow.photo_access import check_by_file, check_by_url
from shared.workflow.ports import World

TIME_TO_LEARN_MS = 30_000


def learn_way(world: World) -> Way | None:
    """Show our own picture by URL and, if DashScope cannot download it, by the file service; never raises.

    Returns:
        The way that works; None when neither was shown to: then nothing is written down.
    """
    known, settings = world.access.read(), world.access.settings
    if settings.way_by(known) is Way.FILE and not settings.asks_again(known, world.clock.now()):
        # Another run has just found it out.
        return Way.FILE
    if not world.has_time_for(TIME_TO_LEARN_MS):
        return None
    try:
        write_picture(world)
        refused_with = _refusal(world)
        if refused_with and settings.way_by(known) is Way.URL:
            # Should this run die on the way, a tick knows for a while that it may have left a file.
            world.access.note(Way.URL)
        if refused_with and not _is_shown_by_file(world):
            return None
    except Trouble as trouble:
        warn("way_not_learnt", code=trouble.code, message=trouble.message)
        return None
    way = Way.FILE if refused_with else Way.URL
    world.access.note(way, refused_with)
    log("way_learnt", way=way.value, door=settings.door, code=refused_with)
    if way is Way.URL and known.way is Way.FILE:
        _tidy(world)
    return way


def _tidy(world: World) -> None:
    """Delete what was left with the file service: by URL nobody is going to look there again."""
    # Imported here: an account changes its way once in its life.
    from shared.workflow.stored_files import delete_unneeded

    try:
        delete_unneeded(world, is_full=True)
    except Trouble as trouble:
        warn("files_left_behind", code=trouble.code, message=trouble.message)


def _refusal(world: World) -> str:
    """Return the code with which DashScope does not download our picture, ``""`` when it does."""
    try:
        check_by_url(world, [PICTURE_KEY])
    except Trouble as trouble:
        if is_failed_download(trouble.code):
            return trouble.code
        if trouble.kind is not Kind.PICTURE:
            raise
    return ""


def _is_shown_by_file(world: World) -> bool:
    """Whether the face check sees our picture by the file service; any finding about it shows that."""
    try:
        check_by_file(world, [PICTURE_KEY])
    except Trouble as trouble:
        if trouble.kind is not Kind.PICTURE:
            raise
    return True
