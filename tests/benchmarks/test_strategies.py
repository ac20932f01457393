"""The strategies: every one trains every person once; their slot use, quantiles, prices and report."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import reporting
from tests.benchmarks.plotting import bars, lines
from tests.benchmarks.prices import CalledHour, Use, called_hours
from tests.benchmarks.strategies.campaign import STRATEGIES, Campaign, Strategy, run_workload
from tests.benchmarks.strategies.figures import found_free, quantile, slot_use
from tests.benchmarks.strategies.ours import Lingering
from tests.benchmarks.strategies.polling import NextTick, SameTick
from tests.benchmarks.strategies.waiting import HeldProcess, Wait300, sdk_intervals
from tests.benchmarks.strategies.workloads import SPREAD, STEADY, WORKLOADS, Workload
from tests.benchmarks.ticks import Ticks, heartbeats_of_an_hour, idle_tick, writes_of_a_life

FEW = Workload(name="three people", arrivals=(0, 2_000, 4_000))


@pytest.mark.parametrize(
    ("spans", "percent"),
    [
        ([(0, 10)], 100),
        ([(0, 10), (10, 20)], 100),
        ([(0, 10), (15, 20)], 75),
        ([(15, 20), (0, 10)], 75),
        ([(0, 10), (5, 8), (15, 20)], 75),
        ([(0, 10), (5, 12), (15, 20)], 85),
        ([(7, 7)], 0),
    ],
)
def test_slot_use_is_the_time_in_which_any_goes_of_the_time_from_first_to_last(
    spans: list[tuple[float, float]], percent: float
) -> None:
    assert slot_use(spans) == pytest.approx(percent)


def test_a_quantile_is_a_value_that_was_there() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([5], 0.99) == 5
    assert quantile([], 0.5) is None


def test_a_set_finds_the_slot_free_when_nothing_goes_and_nobody_waits() -> None:
    spans = [(10.0, 20.0)]
    assert found_free(5, spans, [])
    assert not found_free(10, spans, [])
    assert found_free(20, spans, [])
    assert not found_free(22, spans, [(21.0, 25.0)])
    assert found_free(25, spans, [(21.0, 25.0)])


def test_what_is_used_is_what_costs() -> None:
    a_million = 1_000_000
    assert Use().cny == 0
    assert Use(read_units=a_million).cny == pytest.approx(1)
    assert Use(write_units=a_million).cny == pytest.approx(2)
    assert Use(oss_requests=a_million).cny == pytest.approx(1)
    a_million_seconds = Use(functions=(CalledHour(invocations=0, seconds=a_million),)).cny
    assert a_million_seconds == pytest.approx(a_million * (0.35 + 0.5 * 0.15 + 0.5 * 0.05) * 0.000_11)
    assert Use(functions=(CalledHour(invocations=a_million),)).cny == pytest.approx(7_500 * 0.000_11)


def test_a_function_that_is_called_in_an_hour_costs_a_fen_for_it_at_least() -> None:
    assert CalledHour().cny == 0.01
    minute, hour = 60_000, 3_600_000
    ticks = [("reconcile", tick * minute, tick * minute + 200) for tick in range(120)]
    hours = called_hours([*ticks, ("collect", hour - 1, hour + 900)], overhead_ms=100)
    assert sorted((one.invocations, round(one.seconds, 3)) for one in hours) == [
        (1, 1.001),
        (60, 18.0),
        (60, 18.0),
    ]
    assert Use(functions=hours).cny == pytest.approx(0.03)
    long = called_hours([("collect", 0, 1_000_000)], overhead_ms=0)
    assert Use(functions=long).cny > 0.04


def test_the_sdks_loop_begins_with_a_second_and_ends_with_five() -> None:
    assert list(islice(sdk_intervals(), 9)) == [1, 1, 2, 2, 2, 4, 4, 4, 5]


def test_workloads_have_names_of_their_own_and_are_drawn_alike_each_time() -> None:
    assert len({workload.name for workload in WORKLOADS}) == len(WORKLOADS)
    assert len(set(SPREAD.durations)) > 100
    assert sum(SPREAD.durations) / len(SPREAD.durations) == pytest.approx(302, abs=5)
    assert set(STEADY.durations) == {302.0}


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_every_strategy_trains_everybody_once(strategy: type[Strategy]) -> None:
    found = run_workload(strategy, FEW)
    assert (found.fine_tunes, found.succeeded, found.people) == (3, 3, 3)
    assert 50 < found.slot_use < 100
    assert found.closed_free_count == 1
    # A wait of exactly the duration of a training makes one query; no strategy makes none.
    assert found.gets >= 1
    assert 0 < found.upload_seconds < found.function_seconds
    assert found.cny > 0


def test_who_holds_a_process_pays_for_all_the_time_and_who_waits_long_leaves_the_slot_idle() -> None:
    held, waited, ticked = (run_workload(one, FEW) for one in (HeldProcess, Wait300, NextTick))
    assert 300 < held.function_seconds < 320
    assert waited.function_seconds < 10
    assert waited.slot_use < ticked.slot_use < held.slot_use
    assert run_workload(SameTick, FEW).slot_use > ticked.slot_use


def test_a_training_that_fails_is_tried_again_by_ours_and_given_up_by_the_peers() -> None:
    failing = replace(FEW, failing=frozenset({1}))
    ours, peer = run_workload(Lingering, failing), run_workload(SameTick, failing)
    assert (ours.fine_tunes, ours.succeeded) == (4, 3)
    assert (peer.fine_tunes, peer.succeeded) == (3, 2)


def test_who_sends_no_usable_photo_costs_ours_no_training() -> None:
    unusable = replace(FEW, unusable=frozenset({1}))
    assert (run_workload(Lingering, unusable).fine_tunes, run_workload(SameTick, unusable).fine_tunes) == (
        2,
        3,
    )


def test_the_nth_training_takes_the_nth_duration_whoever_it_is_for() -> None:
    found = run_workload(HeldProcess, replace(FEW, durations=(100.0, 200.0, 300.0, 1.0)))
    assert found.jobs_an_hour == pytest.approx(3 * 3600 / 600, rel=0.02)


def test_an_idle_tick_of_ours_reads_the_same_at_any_history_and_a_scan_does_not() -> None:
    empty, full = idle_tick(Lingering, 0), idle_tick(Lingering, 1_000)
    assert (full.reads, full.writes, full.units, full.dashscope_calls) == (3, 0, empty.units, 0)
    assert idle_tick(SameTick, 1_000).units > idle_tick(SameTick, 0).units


def test_a_job_of_one_photo_is_written_at_most_fifteen_times() -> None:
    assert 0 < writes_of_a_life() <= 15


def test_an_idle_deployment_says_that_it_lives_at_most_every_two_minutes() -> None:
    assert 0 < heartbeats_of_an_hour() <= 30


def test_the_report_tells_of_every_strategy_and_draws_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, ticks = Campaign(), Ticks()
    monkeypatch.setattr(reporting, "CAMPAIGN", campaign)
    monkeypatch.setattr(reporting, "TICKS", ticks)
    assert (reporting.of_strategies(tmp_path), reporting.of_ticks(tmp_path)) == (None, None)
    workload = replace(FEW, name=STEADY.name)
    campaign._measured = {(one.name, workload.name): run_workload(one, workload) for one in STRATEGIES}
    ticks._measured = {("ours", 0): idle_tick(Lingering, 0)}
    strategies, idle = reporting.of_strategies(tmp_path), reporting.of_ticks(tmp_path)
    assert strategies
    assert idle
    plot = (tmp_path / reporting.SLOT_PLOT).read_text(encoding="utf-8")
    for strategy in STRATEGIES:
        assert strategy.name in strategies.text
        assert strategy.name in plot
    assert "…/" not in strategies.text
    assert isinstance(strategies.document, dict)
    assert len(strategies.document["figures"]) == len(STRATEGIES)
    assert isinstance(idle.document, list)
    assert idle.document[0]["reads"] == 3
    assert "ours: 8" in (tmp_path / reporting.TICK_PLOT).read_text(encoding="utf-8")


def test_plots_are_documents_with_every_name_and_value_in_them() -> None:
    plot = bars("Use", {"a <b>": {"ours": 99.5, "theirs": 50.0}}, 100, "%")
    assert plot.startswith("<svg ")
    assert ElementTree.fromstring(plot).tag.endswith("svg")
    for text in ("a &lt;b&gt;", "ours", "theirs", "99.5 %", "50.0 %"):
        assert text in plot
    drawn = lines("Cost", {"ours": [(0, 3), (1000, 3)], "theirs": [(0, 1), (1000, 250)]}, "jobs", "CU")
    for text in ("ours: 3", "theirs: 250", "jobs", "CU", "1,000"):
        assert text in drawn
