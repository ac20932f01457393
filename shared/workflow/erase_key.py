"""Holds the key against the one that all tombstones were made with: with another nobody is found again.

Called by :mod:`shared.workflow.erasing` before anything is removed.
"""

from __future__ import annotations

from shared.domain.erasure import CHECK_ROW, print_of_key
from shared.errors import RetryLater
from shared.workflow.ports import World


def check_key(world: World) -> None:
    """Check that there is a key, and that it is the one of before.

    Raises:
        RetryLater: there is none, or another one: nobody is erased until that is mended.
    """
    if not world.erase_key:
        raise RetryLater("erase_key_missing", "set ERASE_KEY; nobody is erased without it", delay_seconds=60)
    stored, printed = world.control.read_json(CHECK_ROW), print_of_key(world.erase_key)
    if not stored.version:
        world.control.save_json(CHECK_ROW, stored, {"print": printed})
    elif stored.value.get("print") != printed:
        message = "ERASE_KEY is not the one that people were erased with; set that again"
        raise RetryLater("erase_key_changed", message, delay_seconds=60)
