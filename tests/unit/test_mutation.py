"""``make mutants``: which changes it makes, which of them it plays, and what becomes of each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.packaging import ROOT
from tests.mutation.making import Mutant, mutants_of
from tests.mutation.reach import Reach
from tests.mutation.reporting import difference
from tests.mutation.sampling import sample

PRODUCT = '''"""A product of four promises."""

LIMIT = 3


def is_large(size):
    """Whether it is over ten; no test asks for ten itself."""
    return size > 10


def count_down(number):
    while number != 0:
        number -= 1
    return number


def is_over_the_limit(size):
    return size > LIMIT


def nobody_calls():
    return 1 + 1
'''
MORE = """
def double(number):
    return number * 2
"""
TESTS = """
from product.more.doubling import double
from product.promises import count_down, is_large, is_over_the_limit


def test_a_size_is_large_or_not():
    assert (is_large(50), is_large(1)) == (True, False)


def test_it_counts_to_nothing():
    assert count_down(2) == 0


def test_the_limit_is_allowed():
    assert (is_over_the_limit(3), is_over_the_limit(4)) == (False, True)


def test_it_doubles():
    assert double(3) == 6
"""
SCOPE = ("product/promises.py", "product/more")


def small_tree(folder: Path, tests: str = TESTS) -> Path:
    for name, text in {
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        "product/__init__.py": "",
        "product/promises.py": PRODUCT,
        "product/more/doubling.py": MORE,
        "checks/test_promises.py": tests,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def play(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        "-m",
        "tests.mutation",
        "--root",
        str(tree),
        "--scope",
        "product",
        "--tests",
        "checks",
        *options,
    ]
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """All mutants of the small tree, and what was printed."""
    tree = small_tree(tmp_path_factory.mktemp("tree"))
    run = play(tree, "--grace-seconds", "8")
    assert run.returncode == 0, run.stderr
    return tree, run.stdout


def ends(tree: Path) -> dict[str, dict[str, Any]]:
    """The end of each mutant, by its changed line."""
    document = json.loads((tree / ".local" / "mutants.json").read_text(encoding="utf-8"))
    return {
        next(line[1:].strip() for line in one["diff"].splitlines() if line.startswith("+")): one
        for one in document["mutants"]
    }


def test_a_mutant_that_a_test_finds_is_killed_and_the_test_is_named(played: tuple[Path, str]) -> None:
    one = ends(played[0])["return size >= LIMIT"]
    assert one["outcome"] == "killed"
    assert one["by"] == "checks/test_promises.py::test_the_limit_is_allowed"


def test_folders_are_changed_as_well_as_files(played: tuple[Path, str]) -> None:
    one = ends(played[0])["return number * 3"]
    assert (one["path"], one["by"]) == (
        "product/more/doubling.py",
        "checks/test_promises.py::test_it_doubles",
    )


def test_a_constant_that_others_compare_with_is_changed_where_it_is_used(played: tuple[Path, str]) -> None:
    assert ends(played[0])["LIMIT = 4"]["outcome"] == "killed"


def test_a_mutant_that_no_test_finds_survives_and_is_shown_as_a_diff(played: tuple[Path, str]) -> None:
    tree, printed = played
    one = ends(tree)["return size >= 10"]
    assert (one["outcome"], one["tests"], one["line"]) == ("survived", 1, 8)
    assert "product/promises.py:8: survived 1 test\n" in printed
    assert "    -    return size > 10\n    +    return size >= 10\n" in printed


def test_a_mutant_that_no_test_runs_survives_without_a_run(played: tuple[Path, str]) -> None:
    one = ends(played[0])["return 1 - 1"]
    assert (one["outcome"], one["tests"]) == ("survived", 0)
    assert "product/promises.py:22: no test runs it\n" in played[1]


def test_a_mutant_that_never_ends_is_timed_out(played: tuple[Path, str]) -> None:
    assert ends(played[0])["number += 1"]["outcome"] == "timed out"


def test_the_last_rows_count_what_became_of_all(played: tuple[Path, str]) -> None:
    counts = Counter(one["outcome"] for one in ends(played[0]).values())
    row = next(line.split() for line in played[1].splitlines() if line.startswith("all "))
    assert [int(number) for number in row[1:]] == [
        counts.total(),
        counts["killed"],
        counts["timed out"],
        counts["survived"],
    ]


def test_the_tree_stays_as_it_was(played: tuple[Path, str]) -> None:
    tree, _ = played
    assert (tree / "product" / "promises.py").read_text(encoding="utf-8") == PRODUCT
    assert {path.name for path in tree.rglob("*") if path.is_file()} == {
        "pyproject.toml",
        "__init__.py",
        "promises.py",
        "doubling.py",
        "test_promises.py",
        "mutants.json",
    }


def test_tests_that_fail_without_a_change_end_it_with_their_name(tmp_path: Path) -> None:
    run = play(small_tree(tmp_path, TESTS + "\n\ndef test_that_fails():\n    assert False\n"))
    assert run.returncode == 1
    assert "checks/test_promises.py::test_that_fails" in run.stderr


def test_a_budget_that_is_used_up_begins_no_mutant(tmp_path: Path) -> None:
    run = play(small_tree(tmp_path), "--mutants", "3", "--budget-minutes", "0")
    assert run.returncode == 0
    assert "The budget ended before 3 of the mutants were played." in run.stdout


def test_the_survivors_of_an_earlier_run_are_played_alone(played: tuple[Path, str], tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    grown = PRODUCT.replace("LIMIT = 3", "LIMIT = 3\n\nOTHER = 4").replace("1 + 1", "2 + 2")
    (tree / "product" / "promises.py").write_text(grown, encoding="utf-8")
    run = play(tree, "--only-survivors-of", str(played[0] / ".local" / "mutants.json"))
    assert "3 survivors of an earlier run; 3 more are in the code no longer." in run.stdout
    assert set(ends(tree)) == {"return size >= 10", "return size > 11", "number -= 2"}


class Named(NamedTuple):
    path: str
    name: str


def named(**modules: int) -> list[Named]:
    return [Named(path, f"{path} {number}") for path, count in modules.items() for number in range(count)]


def test_the_same_seed_draws_the_same_mutants_and_another_one_others() -> None:
    everything = named(a=1000)
    assert sample(everything, 50, seed=1) == sample(everything, 50, seed=1)
    assert set(sample(everything, 50, seed=1)) != set(sample(everything, 50, seed=2))


def test_each_module_gives_its_share_of_the_sample() -> None:
    counts = Counter(one.path for one in sample(named(small=100, large=700, middle=200), 50, seed=3))
    assert (counts["small"], counts["large"], counts["middle"]) == (5, 35, 10)


def test_a_change_of_one_module_changes_little_of_the_sample() -> None:
    before = set(sample(named(a=300, b=400, c=500), 120, seed=1))
    after = set(sample([Named("a", "new"), *named(a=290, b=400, c=500)], 120, seed=1))
    assert len(before & after) >= 110


def test_a_sample_of_more_than_all_is_all() -> None:
    assert set(sample(named(a=2, b=1), 400, seed=1)) == set(named(a=2, b=1))
    assert sample([], 400, seed=1) == []


def test_a_mutant_keeps_its_name_where_the_code_around_it_moves(tmp_path: Path) -> None:
    text = "class A:\n    def f(self):\n        return 1 + 1\n"
    (tmp_path / "module.py").write_text(text)
    names = [mutant.name for mutant in mutants_of(tmp_path, "module.py")]
    (tmp_path / "module.py").write_text(f"B = 5\n\n\n{text}")
    assert [mutant.name for mutant in mutants_of(tmp_path, "module.py")][1:] == names
    assert len(set(names)) == len(names) == 3


def changed_lines(folder: Path, text: str) -> set[str]:
    (folder / "module.py").write_text(text, encoding="utf-8")
    changed = set()
    for mutant in mutants_of(folder, "module.py"):
        compile(mutant.source, "module.py", "exec")
        lines = difference(mutant)[1].splitlines()
        changed |= {line[1:].strip() for line in lines if line.startswith("+")}
    return changed


def test_a_change_that_takes_away_the_last_lines_is_shown(tmp_path: Path) -> None:
    text = "match a:\n    case 1:\n        b\n    case c:\n        d\n"
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    shown = [difference(mutant) for mutant in mutants_of(tmp_path, "module.py")]
    assert any(line == 4 and change.endswith("-    case c:\n-        d") for line, change in shown)


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring of 1 + 1."""',
        "'one'",
        'log("event", count=1)',
        'self.logs.warn("event", ok=True)',
        'WORDS = Words("one", "一")',
        "import a.b as c",
        "if TYPE_CHECKING:\n    import a",
        "def f(a: 'X' = b) -> int | None: ...",
        "T = TypeVar('T', bound=int)",
        "@dataclass(frozen=True)\nclass A: ...",
        "raise AssertionError('not here')",
        "raise RetryLater(code, f'{len(names) + 1} are left')",
        "note('the name of the person is empty')",
        "note('请稍后再试')",
        "zip(a, b, strict=True)",
    ],
)
def test_texts_for_people_and_what_mypy_checks_are_left_alone(tmp_path: Path, text: str) -> None:
    assert changed_lines(tmp_path, text) == set()


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("raise RetryLater('busy', 'wait a moment', delay_seconds=5)", "'XXbusyXX', 'wait a moment', delay"),
        ("raise RetryLater('busy', 'wait a moment', delay_seconds=5)", "delay_seconds=6"),
        ("DAY_MS = 86_400_000", "DAY_MS = 172800000"),
        ("STATUS = 429", "STATUS = 430"),
        ("if a.b:\n    c", "if not a.b:"),
        ("if a < b and c: d", "if a <= b and c: d"),
        ("if a < b and c: d", "if a < b or c: d"),
        ("a = b if c else d", "(c) and False"),
        ("f(a, b=1)", "f(a, )"),
        ("a.partition('no face')", "rpartition"),
        ("a.partition('no face')", "'XXno faceXX'"),
    ],
)
def test_what_programs_see_is_changed(tmp_path: Path, text: str, changed: str) -> None:
    assert any(changed in line for line in changed_lines(tmp_path, text)), changed_lines(tmp_path, text)


def test_a_change_reaches_from_its_statements_first_line_and_knows_when_it_runs(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("A = 1\n\ndef f(\n    a=2,\n):\n    return (\n        3\n    )\n")
    found = {mutant.line: mutant for mutant in mutants_of(tmp_path, "module.py")}
    assert {line: (found[line].lines, found[line].at_import) for line in found} == {
        1: (range(1, 2), True),
        4: (range(3, 5), True),
        7: (range(6, 8), False),
    }


def test_the_tests_that_run_the_line_are_chosen_the_cheapest_file_first(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("A = 1\n\ndef f():\n    return 2\n")
    constant, returned = mutants_of(tmp_path, "module.py")
    reach = Reach(
        seconds={"dear.py::one": 9.0, "cheap.py::one": 1.0, "cheap.py::two": 1.0, "far.py::one": 0.1},
        tests={"module.py": {4: ["cheap.py::two", "dear.py::one"]}},
        libraries=[],
    )
    assert list(reach.tests_for(returned).items()) == [
        ("cheap.py", ["cheap.py::two"]),
        ("dear.py", ["dear.py::one"]),
    ]
    # A constant can matter to every test; the files that run a line of its module come first.
    assert list(reach.tests_for(constant)) == ["cheap.py", "dear.py", "far.py"]


WRITES = """
import os, pathlib, shutil, socket, sqlite3, sys
from tests.mutation.guard import confine

inside, outside = map(pathlib.Path, sys.argv[1:3])
confine(inside)
(inside / "folder").mkdir()
(inside / "folder" / "file").write_text("x")
os.symlink(inside / "folder", inside / "link")
sqlite3.connect(inside / "table").close()
shutil.rmtree(inside / "folder")
pathlib.Path(os.devnull).write_text("x")
(outside / "file").read_text()
try:
    exec(sys.argv[3])
except PermissionError as problem:
    print("refused" if "a mutant may" in str(problem) else problem)
"""


@pytest.mark.parametrize(
    "attempt",
    [
        "(outside / 'new').write_text('x')",
        "(inside / '..' / 'outside' / 'new').write_text('x')",
        "open(outside / 'file', 'a')",
        "os.open(outside / 'new', os.O_CREAT | os.O_WRONLY)",
        "(outside / 'file').unlink()",
        "(outside / 'file').rename(inside / 'file')",
        "(inside / 'table').rename(outside / 'table')",
        "(outside / 'file').chmod(0)",
        "os.symlink(outside, inside / 'way')",
        "os.link(outside / 'file', inside / 'way')",
        "(outside / 'folder').mkdir()",
        "shutil.rmtree(outside)",
        "sqlite3.connect(outside / 'table')",
        "socket.socket().connect(('192.0.2.1', 80))",
    ],
)
def test_a_mutants_process_writes_to_its_folder_alone_and_reaches_no_other_machine(
    tmp_path: Path, attempt: str
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "file").write_text("kept")
    run = subprocess.run(
        [sys.executable, "-c", WRITES, str(inside), str(outside), attempt],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("refused\n", "")
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == "kept"


def test_mutants_of_the_same_place_are_told_apart_by_their_text(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("def f(a):\n    return a if a else 1\n")
    mutants: list[Mutant] = mutants_of(tmp_path, "module.py")
    assert len({mutant.source for mutant in mutants}) == len(mutants) == 3
