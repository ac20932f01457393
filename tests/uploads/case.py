"""What a row of the table is: what one person uploads, and what must become of it.

Each case is a person of its own, and each content is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.uploads import pictures as p

Make = Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one person uploads, in this order.

    Attributes:
        what: the case in words, and the person's name unless there is another.
        person: the person's name.
        files: names to contents; one that begins with ``/`` tells the folder, which is spelled otherwise.
        verdicts: what must be on record in the end, by name.
        sides: width and height of the only snapshot, where there is one.
        upright: whether that snapshot shows the portrait with its mark in the upper left corner.
        detail: what is in the detail beside the verdict of the only file.
    """

    what: str
    files: Sequence[tuple[str, Make]]
    verdicts: Mapping[str, str] = field(default_factory=dict)
    sides: tuple[int, int] | None = None
    upright: bool = False
    person: str = ""
    detail: str = ""

    @property
    def person_id(self) -> str:
        """Whose uploads these are."""
        return self.person or self.what


def one(
    what: str,
    make: Make,
    verdict: str = "usable",
    *,
    name: str = "photo.jpg",
    sides: tuple[int, int] | None = None,
    upright: bool | None = None,
    detail: str = "",
) -> Case:
    """A single file; a usable one is the portrait as it was drawn unless ``sides`` say otherwise."""
    if verdict == "usable" and sides is None:
        sides, upright = p.SIZE, upright is not False
    verdicts = {name: verdict} if verdict else {}
    return Case(
        what=what,
        files=[(name, make)],
        verdicts=verdicts,
        sides=sides,
        upright=bool(upright),
        detail=detail,
    )


def named(what: str, name: str, verdict: str = "usable") -> Case:
    return one(f"a name {what}", p.jpeg, verdict, name=name)


def archive(what: str, make: Make, verdict: str, inside: Mapping[str, str], *, name: str = "a.zip") -> Case:
    """A zip; ``inside`` are verdicts by the names in it."""
    verdicts = {name: verdict, **{f"{name}/{entry}": found for entry, found in inside.items()}}
    return Case(what=what, files=[(name, make)], verdicts=verdicts)
