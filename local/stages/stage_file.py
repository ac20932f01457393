"""What is remembered of a stage on this machine: ``.local/stages/NAME.json``, and its tokens beside it.

The JSON file has no secret in it; both are for their owner alone. Everything in the first can be found
again in the account, so that another machine can go on. The tokens cannot: ROS does not tell them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from aliyun_local.private_files import make_private_folder, write_private
from local.stages.errors import NotStarted

FOLDER = Path(".local/stages")
FORMAT = 1
KEPT_RELEASES = 20


@dataclass(frozen=True, kw_only=True)
class Release:
    """Code that the stage has run.

    Attributes:
        layer: the ARN of the layer version.
        package: the name of the zip, which carries its hash.
        at: when it was brought there, in seconds since the epoch.
    """

    layer: str
    package: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is known of a stage.

    Attributes:
        name: its name.
        region: such as ``cn-beijing``.
        account_id: of the account that it lies in.
        stack_id: ROS's id of the stack; empty before there is one.
        operation: what has been begun at ROS and was not seen to end, such as ``deploy``; empty when nothing.
        outputs: of the stack.
        parameters: of the stack, without the secret ones.
        releases: the newest last; the last one runs.
    """

    name: str
    region: str = "cn-beijing"
    account_id: str = ""
    stack_id: str = ""
    operation: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()

    def released(self, release: Release) -> Stage:
        """Return the stage with ``release`` running."""
        if self.releases and self.releases[-1].layer == release.layer:
            return self
        return replace(self, releases=(*self.releases, release)[-KEPT_RELEASES:])


def read_stage(name: str, folder: Path = FOLDER) -> Stage:
    """Return what is remembered of a stage; an empty one when nothing is.

    Raises:
        NotStarted: the file is of a later release, or damaged.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        return Stage(name=name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise ValueError("another format")
        releases = tuple(Release(**one) for one in document.pop("releases"))
        return Stage(**document, releases=releases)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise NotStarted(
            f"{path} cannot be read ({problem})",
            "Move it away; everything in it is found again in the account by 'deploy' or 'status'.",
        ) from problem


def write_stage(stage: Stage, folder: Path = FOLDER) -> Path:
    """Remember ``stage``; the file appears whole or not at all."""
    make_private_folder(folder)
    path = folder / f"{stage.name}.json"
    document: dict[str, Any] = {"format": FORMAT, **asdict(stage)}
    write_private(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return path


def forget_stage(name: str, folder: Path = FOLDER) -> None:
    """Forget a stage that is gone, with its tokens."""
    for suffix in (".json", ".secrets"):
        (folder / f"{name}{suffix}").unlink(missing_ok=True)
