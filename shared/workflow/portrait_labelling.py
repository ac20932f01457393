"""Puts the labels into a portrait that the law asks for; called by ``portrait_storing``.

The visible label, where the settings want one, is written by OSS, which makes the picture anew: so it comes
first, and the label in the metadata is put into the result. One that DashScope has put there is kept
(:mod:`shared.domain.content_labels`).
"""

from __future__ import annotations

from shared.domain.content_labels import CannotBeLabelled, ContentLabel, carried_label, first_label, labelled
from shared.domain.job import Job
from shared.domain.object_keys import snapshot_folder
from shared.domain.picture_files import picture_format, picture_sides
from shared.domain.portraits import PortraitOrder
from shared.domain.trouble_kinds import Api
from shared.domain.visible_labels import visible_label
from shared.errors import Permanent, Trouble
from shared.logs import warn
from shared.workflow.ports import World

MAX_LABELLED_BYTES = 25_000_000
SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WebP": "webp"}


def with_labels(
    world: World, job: Job, order: PortraitOrder, place: int, content: bytes
) -> tuple[bytes, str]:
    """Return the ``place``-th picture of an order with its labels, and the suffix of its key.

    Raises:
        Permanent: it is no picture that can be labelled, so that nobody may be given it.
        Trouble: OSS does not write the visible label now.
    """
    form = picture_format(content) or ""
    suffix, producer = SUFFIXES.get(form), world.rules.portrait_producer
    try:
        label = carried_label(content) or _own_label(producer, order, place)
        if suffix is None:
            raise CannotBeLabelled(form or "no picture")
        if world.rules.label_portraits:
            key = f"{snapshot_folder(job.job_id)}{order.number}-{place}.portrait.{suffix}"
            content = _with_visible_label(world, key, content, form)
        return labelled(content, label), suffix
    except CannotBeLabelled as problem:
        message = f"a portrait cannot be labelled as generated, so it is not stored: {problem}"
        raise Permanent("portrait_not_labelled", message, api=Api.PORTRAITS) from problem


def _own_label(producer: str, order: PortraitOrder, place: int) -> ContentLabel:
    try:
        return first_label(producer, f"{order.task_id}-{place}")
    except ValueError as problem:
        # DashScope's ids are of letters and digits; the standard has no place for another one.
        raise CannotBeLabelled(str(problem)) from problem


def _with_visible_label(world: World, key: str, content: bytes, form: str) -> bytes:
    """Have OSS write the label into the picture, by way of an object that is deleted again.

    A run that dies before it deletes the object leaves it to the next try, whose object has the same key.
    """
    sides = picture_sides(content)
    if sides is None:
        raise CannotBeLabelled("it does not say how large it is")
    try:
        instructions = visible_label(sides, form)
    except ValueError as problem:
        raise CannotBeLabelled(str(problem)) from problem
    world.bucket.write(key, content)
    try:
        shown = world.bucket.processed(key, instructions, MAX_LABELLED_BYTES)
    finally:
        _clear(world, key)
    world.health.passed(Api.PROCESSING)
    return shown


def _clear(world: World, key: str) -> None:
    """Delete the object; one that stays lies among the snapshots, and goes when they go."""
    try:
        world.bucket.delete(key)
    except Trouble as trouble:
        warn("picture_not_deleted", key=key, code=trouble.code, message=trouble.message)
