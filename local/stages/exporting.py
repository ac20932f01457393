"""``export``: has a stage copy everything that it holds about a person, waits, and fetches it as one zip.

It is fetched in parts through the status function, which works on every account: in those of today the bucket
cannot be read from outside.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from local.stages.context import Context
from local.stages.errors import NotStarted, StageError
from local.stages.status_api import StatusApi
from shared.domain.safe_names import safe_segment

MOST_SECONDS = 24 * 3600
"""After so long an export is given up by the stage itself."""
LOOK_SECONDS = 10.0


class Exported(NamedTuple):
    """Where the zip is, how long it is, how many files are in it, and what is not, with the reasons."""

    path: Path
    size: int
    files: int
    left_out: list[dict[str, Any]]


def export(context: Context, person: str, to: Path | None = None, *, anew: bool = False) -> Exported:
    """Fetch everything that is held about ``person`` into ``to``; ``anew``: as it is now, not of an hour ago.

    Raises:
        NotStarted: there is such a file already.
        StageError: the stage refuses, does not answer, or cannot make it; or the zip is damaged.
    """
    path = to or Path(f"export-{safe_segment(person.replace('/', '_'))}.zip")
    if path.exists():
        raise NotStarted(f"{path} is there already", "Give another name with --to, or move it away.")
    output, api = context.output, context.status_api(context.needed_stack())
    output.step(f"This copies everything that stage {context.name} holds about {person} into {path}.")
    if anew:
        api.export_anew(person)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        _fetch(context, api, person, unfinished)
        exported = _checked(unfinished, path)
        unfinished.rename(path)
    finally:
        # Pictures of a face are not left behind by halves.
        unfinished.unlink(missing_ok=True)
    return exported


def _fetch(context: Context, api: StatusApi, person: str, path: Path) -> None:
    ends_at, said, tag = context.monotonic() + MOST_SECONDS, "", ""
    # Nobody else on this machine may read it.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        size = -1
        while size < 0 or file.tell() < size:
            part = api.export_part(person, file.tell())
            if part.content is None:
                if size >= 0 or context.monotonic() > ends_at:
                    raise StageError(
                        f"the export of {person} is not there: {said}", "Run the same command again."
                    )
                now = f"{part.document['waiting_for']['message']} {part.document['files_done']} files"
                said = _say_once(context, now, said)
                context.sleep(LOOK_SECONDS)
                continue
            if tag and part.tag != tag:
                raise StageError("another export has taken the place of this one", "Run the command again.")
            size, tag = part.size, part.tag
            file.write(part.content)


def _say_once(context: Context, now: str, said: str) -> str:
    if now != said:
        context.output.say(f"  {now}", "dim")
    return now


def _checked(fetched: Path, path: Path) -> Exported:
    try:
        with zipfile.ZipFile(fetched) as archive:
            damaged = archive.testzip()
            manifest = json.loads(archive.read("manifest.json"))
            count = len(archive.namelist())
    except (zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise StageError(f"what was fetched is no whole zip ({problem})", "Run the command again.") from None
    if damaged:
        raise StageError(f"{damaged} is damaged in the zip", "Run the command again.")
    return Exported(path, fetched.stat().st_size, count, list(manifest["left_out"]))


def lines_of(exported: Exported) -> list[str]:
    """Say where it is and what is not in it."""
    size = f"{exported.size / 1e6:.1f} MB"
    lines = [f"{exported.path}: {exported.files} files, {size}. README.txt says what they are."]
    for one in exported.left_out:
        if "removed_at" in one:
            lines.append(f"  not in it: {one['place']} of {one['source']}, removed at {one['removed_at']}")
            continue
        what = one.get("source") or one["place"]
        lines.append(f"  not in it: {one.get('count', 1)} of {what}: {one['reason']}")
    return [*lines, "It has pictures of a face: delete it when it is not needed any more."]
