"""Which tests run which line of the product, and how long each takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.mutation.making import Mutant


@dataclass(frozen=True)
class Reach:
    """What tests reach without a change.

    Attributes:
        seconds: the time of each test, by its name in pytest.
        tests: the names of the tests that run a line, by file and line.
        libraries: the modules from outside the tree that the tests import, in the order of their import.
    """

    seconds: Mapping[str, float]
    tests: Mapping[str, Mapping[int, Sequence[str]]]
    libraries: Sequence[str]

    def tests_for(self, mutant: Mutant) -> dict[str, list[str]]:
        """Return the tests that can tell a mutant from its original, by file, the cheapest file first.

        These are the tests that run its statement. A change that runs at import can matter to any test; the
        files with a test that runs a line of the module come first.
        """
        lines = self.tests.get(mutant.path, {})
        if mutant.at_import:
            near = {name for names in lines.values() for name in names}
            chosen = set(self.seconds)
        else:
            near = chosen = {name for line in mutant.lines for name in lines.get(line, ())}
        files: dict[str, list[str]] = defaultdict(list)
        for name in self.seconds:
            if name in chosen:
                files[name.partition("::")[0]].append(name)
        cost = {file: (near.isdisjoint(names), self.seconds_of(names)) for file, names in files.items()}
        return {file: files[file] for file in sorted(files, key=lambda file: cost[file])}

    def seconds_of(self, names: Iterable[str]) -> float:
        """Return how long tests take together."""
        return sum(self.seconds[name] for name in names)


def joined(parts: Sequence[Reach]) -> Reach:
    """Return what several parts of the tests reach together."""
    tests: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for part in parts:
        for path, lines in part.tests.items():
            for line, names in lines.items():
                tests[path][line] += names
    return Reach(
        {name: seconds for part in parts for name, seconds in part.seconds.items()},
        {path: dict(lines) for path, lines in tests.items()},
        [*dict.fromkeys(name for part in parts for name in part.libraries)],
    )
