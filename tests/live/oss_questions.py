"""The questions to OSS: its public door, and image processing. Only requests and a few megabytes are paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live import pictures
from tests.live.oss_account import OssError, refusal_of
from tests.live.question import Question, Seen
from tests.live.settings import ACCESS_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

_SHRINK = "resize,m_lfit,l_512/format,jpg"


def public_data_access(run: Run) -> Seen:
    """Store an object through the default public domain."""
    run.need_bucket()
    try:
        run.put(run.oss.public, "public.txt", b"x")
    except OssError as problem:
        if problem.code == "PublicEndpointForbidden":
            return Seen(
                f"They are refused with {refusal_of(problem)}, as for accounts of 2025-03-20 and later.",
                {"oss": {"public_data_access": False}},
            )
        return Seen(f"They are refused with {refusal_of(problem)}, which says nothing about the account.")
    return Seen(
        "They are answered, as for accounts from before 2025-03-20.", {"oss": {"public_data_access": True}}
    )


def large_pictures(run: Run) -> Seen:
    """Have a 24-megapixel JPEG turned and shrunk."""
    key = run.put_data("upright.jpg", pictures.upright_jpeg())
    try:
        width, height = pictures.sides_of(
            run.data.get_object(key, process=f"image/auto-orient,1/{_SHRINK}").read()
        )
    except OssError as problem:
        if problem.code == "BadRequest":
            return Seen(
                f"It is refused with {refusal_of(problem)}.", {"oss": {"orients_large_pictures": False}}
            )
        return Seen(f"It is refused with {refusal_of(problem)}, which the documents do not have for this.")
    if height > width:
        return Seen("It comes back upright.", {"oss": {"orients_large_pictures": True}})
    return Seen("It comes back, and is not turned.")


def heic_orientation(run: Run) -> Seen:
    """Have a HEIC of more than 4,096 px a side shrunk, with auto-orient and without."""
    key = run.put_data("upright.heic", pictures.upright_heic())
    try:
        run.data.get_object(key, process=f"image/auto-orient,1/{_SHRINK}").read()
    except OssError as problem:
        if problem.code == "BadRequest":
            return Seen(
                f"Yes: the picture is too large to be turned, and refused with {refusal_of(problem)}.",
                {"oss": {"heic_orientation_counts": True}},
            )
        return Seen(f"It is refused with {refusal_of(problem)}, which the documents do not have for this.")
    # It is accepted. A decoder turns a HEIC in any case; OSS knows of it if auto-orient,0 takes that back.
    width, height = pictures.sides_of(
        run.data.get_object(key, process=f"image/auto-orient,0/{_SHRINK}").read()
    )
    if height < width:
        return Seen("Yes: auto-orient,0 leaves it lying.", {"oss": {"heic_orientation_counts": True}})
    return Seen(
        "No: the picture is accepted, and upright also with auto-orient,0.",
        {"oss": {"heic_orientation_counts": False}},
    )


def damaged_picture(run: Run) -> Seen:
    """Have a broken JPEG shrunk."""
    key = run.put_data("damaged.jpg", pictures.damaged_jpeg())
    try:
        run.data.get_object(key, process="image/resize,l_100").read()
    except OssError as problem:
        if problem.code == "ImageDamage":
            switches = {"damaged_picture_status": problem.status, "decodes_unended_jpeg": False}
            return Seen(f"{refusal_of(problem)}.", {"oss": switches})
        return Seen(f"Not ImageDamage, but {refusal_of(problem)}.")
    return Seen("It is not refused.", {"oss": {"decodes_unended_jpeg": True}})


QUESTIONS = (
    Question(
        name="public-data-access",
        words="Are data calls through the default public domain answered?",
        ask=public_data_access,
        needs=ACCESS_KEY,
        sets=("oss.public_data_access",),
    ),
    Question(
        name="upright-24-megapixels",
        words="Is a 24-megapixel JPEG of a phone held upright turned, or refused?",
        ask=large_pictures,
        needs=ACCESS_KEY,
        sets=("oss.orients_large_pictures",),
    ),
    Question(
        name="heic-orientation",
        words="Does a HEIC file's own orientation count for auto-orient and its limit?",
        ask=heic_orientation,
        needs=ACCESS_KEY,
        sets=("oss.heic_orientation_counts",),
    ),
    Question(
        name="broken-jpeg",
        words="Is a JPEG that ends in the middle refused, and with which status, 400 or 403?",
        ask=damaged_picture,
        needs=ACCESS_KEY,
        sets=("oss.damaged_picture_status", "oss.decodes_unended_jpeg"),
    ),
)
