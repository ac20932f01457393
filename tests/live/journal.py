"""What a run makes in the account, written down before it is made, so that all of it can be removed.

Each run has a file under ``.local/live-test/``: a JSON document a line. A run removes what its journal names
and then the journal; ``--clean`` does so for runs that died. An entry may name a thing that was never made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(".local/live-test")


@dataclass(frozen=True)
class Made:
    """A thing in the account.

    Attributes:
        kind: ``bucket``, ``object``, ``file``, ``fine_tune``, ``training_file`` or ``person``.
        name: its name. Of a ``fine_tune`` it is the id; a ``training_file`` is a file id, or a URL's path, by
            which a fine-tune is found whose submit had no answer.
        place: the bucket of an object; else empty.
    """

    kind: str
    name: str
    place: str = ""


class Journal:
    """The things that one run has made, oldest first."""

    def __init__(self, path: Path) -> None:
        """Continue the file at ``path``, if there is one."""
        self.path = path
        self.made: list[Made] = []
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    self.made.append(Made(**json.loads(line)))
                except (ValueError, TypeError):
                    continue  # the process died in the middle of this line, before the thing was made

    def add(self, kind: str, name: str, place: str = "") -> Made:
        """Write down what is made next."""
        made = Made(kind, name, place)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(made), ensure_ascii=False) + "\n")
        self.made.append(made)
        return made

    def forget(self, made: Made) -> None:
        """Take out what is removed. The file goes with its last entry."""
        self.made.remove(made)
        if not self.made:
            self.path.unlink(missing_ok=True)
            return
        lines = [json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in self.made]
        written = self.path.with_suffix(".new")
        written.write_text("".join(lines), encoding="utf-8")
        written.replace(self.path)


def journals(folder: Path = FOLDER) -> Iterator[Journal]:
    """Yield the journals of runs that have left something behind."""
    for path in sorted(folder.glob("*.jsonl")):
        yield Journal(path)
