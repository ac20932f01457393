"""Changes the product in one place at a time and sees whether a test fails: ``python -m tests.mutation``.

A survivor, a change that no test finds, is shown as soon as it is known. Survivors do not make the exit
status 1; tests that fail without any change do.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutation.judging import Judged, Outcome, Trials, judge
from tests.mutation.making import Mutant, mutants_of
from tests.mutation.recording import import_libraries, record
from tests.mutation.reporting import document, still_there, survivor, table
from tests.mutation.sampling import sample
from tests.mutation.session import TestsFail

ROOT = Path(__file__).resolve().parents[2]
SCOPE = ("shared/domain", "shared/workflow", "shared/clients")
TESTS = (
    "tests/simulation/test_crash_points.py::test_no_crash_at_any_call_changes_how_it_ends",
    "tests/uploads",
    "tests/workflow",
    "tests/unit",
)
PROCESSES = 2
SECONDS_BETWEEN_LINES = 20.0
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", ".*_cache", ".hypothesis", "__pycache__", "node_modules", "dist", "build"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play a sample of the mutants; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--mutants", type=int, default=400, help="how many, spread evenly over the scope")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others")
    parser.add_argument("--budget-minutes", type=float, default=math.inf, help="begin none after so long")
    parser.add_argument("--scope", nargs="+", default=SCOPE, help="the folders or files to change")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="the tests that have to fail")
    parser.add_argument("--grace-seconds", type=float, default=10.0, help="beside the time of its tests")
    parser.add_argument(
        "--only-survivors-of", type=Path, metavar="JSON", help="play what survived by this report"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree; it is copied first")
    given = parser.parse_args(arguments)
    earlier = given.only_survivors_of and given.only_survivors_of.read_text(encoding="utf-8")
    root = given.root.resolve()
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        folder = Path(name).resolve()
        shutil.copytree(root, folder / "tree", ignore=_NOT_COPIED)
        # From here on the copy is the tree, also for what is imported.
        os.chdir(folder / "tree")
        sys.path[0] = str(folder / "tree")
        os.environ.pop("PYTEST_XDIST_WORKER_COUNT", None)
        try:
            return _play(given, folder, root / ".local" / "mutants.json", earlier)
        except TestsFail as problem:
            print(problem, file=sys.stderr)
            return 1


def _play(given: argparse.Namespace, folder: Path, report: Path, earlier: str | None) -> int:
    began = time.monotonic()
    tree = folder / "tree"
    mutants = [mutant for path in _files(tree, given.scope) for mutant in mutants_of(tree, path)]
    drawn = _drawn(mutants, given, earlier)
    reach = record(tree, given.scope, given.tests, PROCESSES, folder)
    import_libraries(reach.libraries)
    print(f"{len(reach.seconds)} tests pass without a change, {time.monotonic() - began:.0f} s.", flush=True)
    trials = Trials(
        reach=reach, root=tree, folder=folder, processes=PROCESSES, grace_seconds=given.grace_seconds
    )
    judged = _shown(judge(drawn, trials, until=began + 60 * given.budget_minutes), len(drawn))
    seconds = time.monotonic() - began
    report.parent.mkdir(exist_ok=True)
    facts = {"seed": given.seed, "scope": [*given.scope], "drawn": len(drawn), "of": len(mutants)}
    report.write_text(document(judged, **facts, seconds=round(seconds)), encoding="utf-8")
    print(f"\n{table(judged)}")
    if len(judged) < len(drawn):
        print(f"The budget ended before {len(drawn) - len(judged)} of the mutants were played.")
    print(f"In {seconds:.0f} s; everything is in {report}.")
    return 0


def _drawn(mutants: Sequence[Mutant], given: argparse.Namespace, earlier: str | None) -> list[Mutant]:
    if earlier is None:
        drawn = sample(mutants, given.mutants, given.seed)
        print(f"{len(drawn)} of {len(mutants)} mutants, drawn by seed {given.seed}.", flush=True)
        return drawn
    drawn, gone = still_there(mutants, earlier)
    print(f"{len(drawn)} survivors of an earlier run; {gone} more are in the code no longer.", flush=True)
    return drawn


def _files(tree: Path, scope: Iterable[str]) -> list[str]:
    folders = [tree / one for one in scope]
    files = [[one] if one.is_file() else sorted(one.rglob("*.py")) for one in folders]
    return [file.relative_to(tree).as_posix() for found in files for file in found]


def _shown(ends: Iterable[Judged], count: int) -> list[Judged]:
    judged: list[Judged] = []
    printed_at = time.monotonic()
    for one in ends:
        judged.append(one)
        if one.outcome is Outcome.SURVIVED:
            print(f"\n{survivor(one)}\n", flush=True)
        if time.monotonic() - printed_at >= SECONDS_BETWEEN_LINES:
            printed_at = time.monotonic()
            survived = sum(end.outcome is Outcome.SURVIVED for end in judged)
            print(f"  {len(judged)} of {count}, {survived} survived", flush=True)
    return judged


if __name__ == "__main__":
    sys.exit(main())
