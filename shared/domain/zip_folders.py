"""Whether a zip holds the photos of several people: told by its folders, before anything is taken out.

The rule. Folders that all photos lie in together are passed by, as a computer wraps them around what it zips;
not the one that is called like the person, whose folders below are this person's affair. If the photos then
lie in two folders or more, these are perhaps people, and nothing is trained: a training of two faces is paid
for and of no use, while a zip is soon made again. Photos beside the folders are no folder, and folders
without photos do not count. Folders that differ only in a date (``2024-05``, ``Photos from 2023``) or in the
counter of a camera (``100APPLE``) are those of one person: exports are sorted so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_YEAR = re.compile(r"(?<!\d)(19|20)\d\d")
_PARTS_OF_A_DATE = re.compile(r"[\d\W_年月日]+")
_CAMERA_FOLDER = re.compile(r"[1-9]\d\d([0-9A-Z_]{5})")
"""Design rule for Camera File system, JEITA CP-3461, 3.2.2: a number from 100, and five characters."""
_CAMERA_MONTH = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])_[a-z_]")
"""What recent phones call such folders."""


def folders_of_several(names: Sequence[str], person_id: str) -> list[str]:
    """Return the folders that may be those of several people, in order; none when the zip is one person's.

    Args:
        names: those of the zip's photos.
        person_id: the person that the zip was uploaded for.
    """
    paths = [name.split("/") for name in names]
    while paths and all(len(path) > 1 and path[0] == paths[0][0] for path in paths):
        if paths[0][0] == person_id:
            return []
        paths = [path[1:] for path in paths]
    folders = dict.fromkeys(path[0] for path in paths if len(path) > 1)
    return list(folders) if len({_without_time(folder) for folder in folders}) > 1 else []


def _without_time(folder: str) -> str:
    """Return a folder's name without what tells the time or counts in it."""
    if _CAMERA_MONTH.fullmatch(folder):
        return "#"
    if _YEAR.search(folder):
        return _PARTS_OF_A_DATE.sub("#", folder)
    camera = _CAMERA_FOLDER.fullmatch(folder)
    return camera[1] if camera else folder
