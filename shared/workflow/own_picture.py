"""A picture of our own in the bucket: what happens to it is true of everybody's.

Used by :mod:`shared.workflow.probing` and :mod:`shared.workflow.learning_access`.
"""

from __future__ import annotations

import base64

from shared.domain.object_keys import SUBMISSIONS_PREFIX
from shared.workflow.ports import World

FOLDER = f"{SUBMISSIONS_PREFIX}probe/"
PICTURE_KEY = f"{FOLDER}picture.jpg"

PICTURE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L"
    "2u71////m8H////6/+b9//j/wAALCAEAAQABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAIAQEAAD8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAP/Z"
)
"""A grey JPEG of 256 x 256 pixels, the smallest that the face check takes."""


def write_picture(world: World) -> None:
    """Put the picture into the bucket."""
    world.bucket.write(PICTURE_KEY, PICTURE)
