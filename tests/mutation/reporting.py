"""Says what became of the mutants: a survivor as a diff, a table by module, and all of it as JSON."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.mutation.judging import Judged, Outcome
from tests.mutation.making import Mutant

CONTEXT_LINES = 2


def difference(mutant: Mutant) -> tuple[int, str]:
    """Return a mutant's first changed line and the change as the lines of a diff."""
    before, after = mutant.original.splitlines(), mutant.source.splitlines()
    lines = [*difflib.unified_diff(before, after, n=CONTEXT_LINES, lineterm="")][3:]
    shortest = min(len(before), len(after))
    first = next((index for index in range(shortest) if before[index] != after[index]), shortest)
    return first + 1, "\n".join(lines)


def table(judged: Sequence[Judged]) -> str:
    """Return the numbers of each module and, in the last line, of all."""
    modules: dict[str, Counter[Outcome]] = {}
    for one in judged:
        modules.setdefault(one.mutant.path, Counter())[one.outcome] += 1
    counts = sorted(modules.items())
    counts.append(("all", sum(modules.values(), Counter())))
    width = max(len(name) for name, _ in counts)
    rows = [f"{'':{width}}  mutants  killed  timed out  survived"]
    for name, count in counts:
        killed, late, survived = (
            count[outcome] for outcome in (Outcome.KILLED, Outcome.TIMED_OUT, Outcome.SURVIVED)
        )
        rows.append(f"{name:{width}}  {count.total():7}  {killed:6}  {late:9}  {survived:8}")
    return "\n".join(rows)


def survivor(one: Judged) -> str:
    """Return a survivor's place, what ran it, and its diff."""
    line, change = difference(one.mutant)
    ran = f"survived {one.tests} test{'s' * (one.tests > 1)}" if one.tests else "no test runs it"
    return f"{one.mutant.path}:{line}: {ran}\n{re.sub('^', '    ', change, flags=re.MULTILINE)}"


def still_there(mutants: Iterable[Mutant], document: str) -> tuple[list[Mutant], int]:
    """Return those of the mutants that survived by an earlier ``document``, and how many of it are gone."""
    entries = json.loads(document)["mutants"]
    survived = {entry["name"] for entry in entries if entry["outcome"] == Outcome.SURVIVED.value}
    found = [mutant for mutant in mutants if mutant.name in survived]
    return found, len(survived) - len(found)


def document(judged: Sequence[Judged], **facts: object) -> str:
    """Return all of it as JSON, with the ``facts`` of the run in front."""
    entries = []
    for one in judged:
        line, change = difference(one.mutant)
        entries.append(
            {
                "path": one.mutant.path,
                "name": one.mutant.name,
                "line": line,
                "outcome": one.outcome.value,
                "by": one.by,
                "tests": one.tests,
                "seconds": round(one.seconds, 2),
                "diff": change,
            }
        )
    entries.sort(key=lambda entry: (entry["path"], entry["line"], entry["diff"]))
    return json.dumps({**facts, "mutants": entries}, ensure_ascii=False, indent=1) + "\n"
