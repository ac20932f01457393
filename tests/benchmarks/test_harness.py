"""The harness: medians taken in turns, a ratio, a bar, a table, a file and an exit status."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.harness import Benchmark, Suite, run, table
from tests.benchmarks.reporting import Report


def suite_of(*benchmarks: Benchmark) -> Suite:
    @contextmanager
    def suite() -> Iterator[Sequence[Benchmark]]:
        yield benchmarks

    return suite


def sampled(
    values: Sequence[float], peers: Sequence[float], *, samples: int = 1, name: str = "a", bar: float = 3.0
) -> tuple[Benchmark, list[str]]:
    """Return a benchmark with these samples, the first of them not counted, and the order of its calls."""
    order: list[str] = []

    def taker(kind: str, given: Sequence[float]) -> Callable[[], float]:
        left = iter(given)

        def sample() -> float:
            order.append(kind)
            return next(left)

        return sample

    benchmark = Benchmark(
        name=name,
        unit="ms",
        measure=taker("value", values),
        peer_name="a peer",
        peer=taker("peer", peers),
        bar=bar,
        samples=samples,
    )
    return benchmark, order


def test_a_result_is_the_median_of_its_rounds_and_the_first_sample_counts_for_nothing() -> None:
    benchmark, _ = sampled([999, 6, 20, 8], [999, 2, 10, 4])
    (result,) = run(suite_of(benchmark), 3)
    assert (result.value, result.peer, result.ratio, result.ratios) == (8, 4, 2, (3, 2, 2))


def test_a_round_takes_the_median_of_its_samples() -> None:
    benchmark, _ = sampled([0, 5, 1, 900], [1, 1, 1, 1], samples=3)
    (result,) = run(suite_of(benchmark), 1)
    assert result.ratio == 5


def test_both_sides_take_turns_and_turns_at_being_first() -> None:
    benchmark, order = sampled([1] * 5, [1] * 5, samples=2)
    list(run(suite_of(benchmark), 2))
    assert order[2:] == ["value", "peer", "value", "peer", "peer", "value", "peer", "value"]


def test_a_round_in_which_the_machine_was_slow_was_slow_for_both() -> None:
    benchmark, _ = sampled([1, 2, 200, 2], [1, 1, 100, 1])
    (result,) = run(suite_of(benchmark), 3)
    assert result.ratio == 2


@pytest.mark.parametrize(("bar", "ok"), [(2.0, True), (1.99, False)])
def test_a_bar_is_met_up_to_itself(bar: float, ok: bool) -> None:
    benchmark, _ = sampled([1, 2], [1, 1], bar=bar)
    (result,) = run(suite_of(benchmark), 1)
    assert result.ok is ok
    assert ("MISSED" in table([result])) is not ok


@pytest.mark.parametrize(("bar", "ok"), [(128, True), (127.5, False)])
def test_what_has_no_peer_is_measured_once_and_its_bar_is_for_the_value(bar: float, ok: bool) -> None:
    taken = iter([128.0])
    benchmark = Benchmark(name="memory", unit="MB", measure=lambda: next(taken), bar=bar)
    (result,) = run(suite_of(benchmark), 5)
    assert (result.value, result.ok, result.as_json()["ratio"]) == (128, ok, None)
    shown = table([result])
    assert "128.00 MB" in shown
    assert f"≤ {bar:g} MB" in shown
    assert "×" not in shown
    assert ("MISSED" in shown) is not ok


def test_of_several_samples_without_a_peer_the_worst_counts() -> None:
    taken = iter([1.0, 3.0, 2.0])
    benchmark = Benchmark(name="calls", unit="calls", measure=lambda: next(taken), bar=2, samples=3)
    (result,) = run(suite_of(benchmark), 1)
    assert (result.value, result.ok) == (3, False)


@pytest.mark.parametrize(("bar", "ok"), [(99.0, True), (99.1, False)])
def test_a_bar_that_is_the_least_is_met_down_to_itself_and_the_worst_sample_counts(
    bar: float, ok: bool
) -> None:
    taken = iter([99.5, 99.0])
    benchmark = Benchmark(
        name="slot use", unit="%", measure=lambda: next(taken), bar=bar, at_least=True, samples=2
    )
    (result,) = run(suite_of(benchmark), 1)
    assert (result.value, result.ok, result.as_json()["at_least"]) == (99.0, ok, True)
    shown = table([result])
    assert f"≥ {bar:g} %" in shown
    assert ("MISSED" in shown) is not ok


def test_what_is_measured_to_be_known_has_no_bar_to_miss() -> None:
    (result,) = run(suite_of(Benchmark(name="jobs", unit="jobs", measure=lambda: 8.4, bar=None)), 1)
    assert (result.ok, result.as_json()["bar"]) == (True, None)
    shown = table([result])
    assert "8.40 jobs" in shown
    assert not {"ok", "MISSED", "≤", "≥"} & set(shown.split())


def test_a_report_is_printed_and_is_a_section_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark, _ = sampled([1, 1], [1, 1])
    monkeypatch.setattr(command, "SUITES", (suite_of(benchmark),))
    monkeypatch.setattr(command, "RESULTS_FILE", tmp_path / "bench.json")
    made = Report(name="ticks", text="a table of ticks", document=[{"reads": 3}])
    monkeypatch.setattr(command, "REPORTS", (lambda _: made, lambda _: None))
    assert command.main(["--rounds", "1"]) == 0
    assert "a table of ticks" in capsys.readouterr().out
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert (document["ticks"], len(document["results"])) == ([{"reads": 3}], 1)


def test_only_what_is_named_is_measured() -> None:
    wanted, _ = sampled([1, 1], [1, 1], name="OSS: put")
    other, order = sampled([], [], name="Tablestore: put")
    assert [result.name for result in run(suite_of(wanted, other), 1, "oss")] == ["OSS: put"]
    assert order == []


@pytest.mark.parametrize(("bar", "status"), [(3.0, 0), (1.0, 1)])
def test_the_command_prints_a_table_writes_a_file_and_fails_when_a_bar_is_missed(
    bar: float,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    benchmark, _ = sampled([2] * 6, [1] * 6, bar=bar)
    monkeypatch.setattr(command, "SUITES", (suite_of(benchmark),))
    monkeypatch.setattr(command, "RESULTS_FILE", tmp_path / "bench.json")
    assert command.main(["--rounds", "2"]) == status
    (entry,) = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["results"]
    keys = ("name", "value", "peer", "ratio", "bar", "ok")
    assert [entry[key] for key in keys] == ["a", 2, 1, 2, bar, status == 0]
    assert "2.00 ×" in capsys.readouterr().out


def test_nothing_measured_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "SUITES", (suite_of(),))
    monkeypatch.setattr(command, "RESULTS_FILE", tmp_path / "bench.json")
    assert command.main([]) == 1
