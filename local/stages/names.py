"""The names that a stage has in an account, made from the stage's own name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from local.stages.errors import NotStarted

STAGE_PATTERN = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")
PREFIX = "facechain-autotrain"
FUNCTIONS = ("collect", "reconcile", "status")
"""What follows ``AppName-`` in the names of the functions."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a stage calls its resources.

    Attributes:
        stack: the ROS stack.
        app: the prefix of functions, roles and logs (``AppName``), at most 40 characters.
        bucket: unique among all accounts, so the account is in it; at most 63 characters.
        instance: unique in the region among all accounts, 16 characters; hexadecimal digits make none of the
            words that Tablestore reserves (Tablestore, "CreateInstance").
        layer: Function Compute's layer that has the code.
    """

    stack: str
    app: str
    bucket: str
    instance: str
    layer: str


def checked_stage(stage: str) -> str:
    """Return ``stage`` if it can be the name of one.

    Raises:
        NotStarted: it cannot.
    """
    if not STAGE_PATTERN.fullmatch(stage):
        raise NotStarted(
            f"{stage!r} cannot be the name of a stage",
            "Take 1 to 20 lower-case letters, digits and hyphens, a letter first, such as production.",
        )
    return stage


def names_of(stage: str, account_id: str) -> Names:
    """Return the names of a stage in an account; the same ones every time."""
    app = f"{PREFIX}-{checked_stage(stage)}"
    digest = hashlib.sha256(f"{account_id}/{stage}".encode()).hexdigest()
    return Names(
        stack=app,
        app=app,
        bucket=f"facechain-{stage}-{account_id}",
        instance=f"faces-{digest[:10]}",
        layer=f"{app}-code",
    )
