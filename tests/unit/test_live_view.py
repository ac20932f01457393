"""The live view and the plain lines: documents in, text out, at any size of a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from local.live.lines import changed, line
from local.live.log_events import notable_event
from local.live.standing import Pace, Standing, newest_by_person, standings
from local.live.terminal import can_redraw
from local.live.view import by_state, choose, live_view
from local.live.words import count, duration
from shared.domain.rules import Rules
from tests.unit.status_documents import AT, NOW, job, terminal

PACE = Pace(rules=Rules(quiet_ms=120_000, min_photos=2), training_seconds=20)


def standing_of(one: dict[str, Any], *photos: dict[str, Any], seconds: float = 0) -> Standing:
    (found,) = standings({one["person_id"]: one}, {one["job_id"]: photos}, PACE, NOW + seconds)
    return found


def drawn(console: Console, people: list[Standing], events: list[str] | None = None) -> list[str]:
    console.print(live_view(console, ["heading"], people, events or []))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("one", "seconds", "upcoming"),
    [
        (job(), 20, "closes after 100 s of quiet or by _READY"),
        (job(), 121, "closes with the next tick"),
        (job(usable_count=1), 200, "waits for 1 more usable photo, or _READY"),
        (job(usable_count=0), 20, "closes after 100 s of quiet or by _READY"),
        (job(state="QUEUED"), 0, "next in the queue"),
        (job(state="SUBMITTING"), 0, "is being submitted"),
        (job(state="TRAINING", fine_tune_id="ft-1"), 5, "ft-1, about 15 s left"),
        (job(state="TRAINING", fine_tune_id="ft-1"), 25, "ends any moment"),
        (job(state="SUCCEEDED", finetuned_output="facechain-finetune-ft-1"), 0, "…ft-1"),
        (job(state="FAILED", reason={"code": "x", "message": "No money."}), 0, "No money."),
        (job(state="CANCELED"), 0, ""),
    ],
)
def test_each_state_says_what_comes_next_and_when(one: dict[str, Any], seconds: float, upcoming: str) -> None:
    assert standing_of(one, seconds=seconds).upcoming == upcoming


def test_quiet_is_counted_from_the_last_photo_where_the_photos_are_known() -> None:
    later = {"verdict": "usable", "recorded_at": "2027-01-15T08:00:30.000Z"}
    assert standing_of(job(), later, seconds=40).upcoming == "closes after 110 s of quiet or by _READY"


def test_photos_that_cannot_be_used_are_counted_by_verdict() -> None:
    verdicts = ["usable", "no_face", "unpacked", "no_face", "empty"]
    photos = [{"verdict": verdict, "recorded_at": AT} for verdict in verdicts]
    assert standing_of(job(), *photos).refused == "2 no_face, 1 empty"


def test_the_queue_has_its_places_by_the_time_the_sets_closed() -> None:
    jobs = {
        name: job(name, "QUEUED", closed_at=closed)
        for name, closed in (("late", "2027-01-15T08:00:02.000Z"), ("early", AT))
    }
    places = {one.person_id: one.place for one in standings(jobs, {}, PACE, NOW)}
    assert places == {"late": 2, "early": 1}


def test_a_person_stands_where_the_newest_revision_does_in_the_order_of_arrival() -> None:
    newest_first = [job("anna", revision=2), job("bao"), job("anna", "SUCCEEDED")]
    assert [(name, one["revision"]) for name, one in newest_by_person(newest_first).items()] == [
        ("anna", 2),
        ("bao", 1),
    ]


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("lines", [5, 10, 24])
@pytest.mark.parametrize("people", [0, 1, 4, 30])
def test_the_view_never_outgrows_the_terminal(columns: int, lines: int, people: int) -> None:
    everybody = [
        Standing(person_id=f"林小雨 {number}" * 5, state="QUEUED", photos="1 of 1 usable", upcoming="x" * 200)
        for number in range(people)
    ]
    events = [f"event {number} " + "words and more words " * 9 for number in range(20)]
    text = drawn(terminal(columns, lines), everybody, events)
    assert len(text) < lines
    assert all(Console().render_str(row).cell_len <= columns for row in text)
    if people == 30 and lines == 24:
        assert any(row.startswith("and ") and row.rstrip().endswith("QUEUED") for row in text)


def test_a_narrow_view_keeps_names_states_and_photos_whole() -> None:
    people = [
        standing_of(job("林小雨", "TRAINING", fine_tune_id="ft-202611280917-9a3c")),
        standing_of(job("maria", "SUCCEEDED", finetuned_output="facechain-finetune-ft-202611280917-9a3c")),
        standing_of(job("zhang wei")),
        Standing(person_id="amara", upcoming="no photo yet"),
    ]
    assert drawn(terminal(80, 24), people) == [
        "heading",
        "林小雨     TRAINING    2 of 3 usable  ft-202611280917-9a3c, about 20 s left",
        "maria      SUCCEEDED   2 of 3 usable  …ft-202611280917-9a3c",
        "zhang wei  COLLECTING  2 of 3 usable  closes after 2 min of quiet or by _READY",
        "amara      -                          no photo yet",
    ]


def test_a_rejected_persons_verdicts_are_shown_in_place_of_the_sentences() -> None:
    one = job(state="REJECTED", usable_count=0, reason={"code": "no_usable_photo", "message": "Long. " * 9})
    person = standing_of(one, {"verdict": "no_face", "recorded_at": AT})
    assert drawn(terminal(80, 24), [person])[1] == "anna  REJECTED    0 of 3 usable  1 no_face"


def test_the_newest_events_are_shown_oldest_first() -> None:
    text = drawn(terminal(80, 24), [standing_of(job())], ["first", "second", "third"])
    assert text[-4:] == ["", "first", "second", "third"]


def test_names_with_brackets_are_no_markup() -> None:
    assert drawn(terminal(80, 24), [Standing(person_id="[red]x[/red]")])[1].startswith("[red]x[/red]")


def test_those_that_move_are_shown_and_the_rest_is_counted() -> None:
    people = [
        *(Standing(person_id=f"done {n}", state="SUCCEEDED", changed_at=f"{n}") for n in range(4)),
        Standing(person_id="second", state="QUEUED", place=2),
        Standing(person_id="first", state="QUEUED", place=1),
        Standing(person_id="now", state="TRAINING"),
        Standing(person_id="sorry", state="REJECTED"),
    ]
    shown, rest = choose(people, 6)
    assert [one.person_id for one in shown] == ["now", "first", "second", "sorry", "done 3"]
    assert by_state(rest) == "3 SUCCEEDED"
    assert choose(people, 8) == (people, [])


def test_a_line_is_printed_for_each_change_of_a_state() -> None:
    collecting = standing_of(job(usable_count=1, photo_count=1))
    more = standing_of(job())
    training = standing_of(job(state="TRAINING", fine_tune_id="ft-1"))
    waiting = Standing(person_id="bao")
    assert changed([], [collecting, waiting], photos=False) == [collecting]
    assert changed([collecting], [more], photos=False) == []
    assert changed([collecting], [more], photos=True) == [more]
    assert changed([more], [training], photos=False) == [training]
    assert changed([training], [training], photos=True) == []


def test_what_blocks_somebody_is_shown_in_place_of_what_comes_next() -> None:
    words = {"message": "The file is archived.", "remedy": "Restore it.", "scope": "object"}
    (before,) = standings({"anna": job()}, {}, PACE, NOW)
    (after,) = standings({"anna": job()}, {}, PACE, NOW, {"anna-1": words})
    assert changed([before], [after], photos=False) == [after]
    assert line(after) == "anna: COLLECTING (2 of 3 usable): The file is archived. Restore it."
    assert "The file is archived. Restore it." in drawn(terminal(120, 10), [after])[1]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (job("obama", "TRAINING", fine_tune_id="ft-1"), "obama: TRAINING (2 of 3 usable)"),
        (job(state="QUEUED"), "anna: QUEUED (2 of 3 usable): next in the queue"),
        (
            job(state="SUCCEEDED", revision=2, finetuned_output="facechain-finetune-ft-1"),
            "anna, revision 2: SUCCEEDED (2 of 3 usable): facechain-finetune-ft-1",
        ),
        (
            job(state="FAILED", reason={"code": "x", "message": "Why."}),
            "anna: FAILED (2 of 3 usable): Why.",
        ),
    ],
)
def test_a_line_says_how_far_it_is_and_how_it_ended(one: dict[str, Any], text: str) -> None:
    assert line(standing_of(one)) == text


STAMP = "2026-11-28T05:15:52.499Z 1-6b0a-2a81"


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (
            f'{STAMP} [INFO] {{"event": "upload_ignored", "key": "people/x/.y", "reason": "it is hidden"}}',
            "upload ignored: people/x/.y: it is hidden",
        ),
        (
            f'{STAMP} [WARNING] {{"event": "fine_tune_vanished", "job": "1", "message": "It is gone."}}',
            "fine tune vanished: 1: It is gone.",
        ),
        # These stay in the view for as long as they last, so they are no events.
        (f'{STAMP} [WARNING] {{"event": "queue_halted", "code": "Arrearage", "message": "Pay."}}', ""),
        (f'{STAMP} [WARNING] {{"event": "photo_held_up", "photo": "1.jpg", "message": "x"}}', ""),
        (
            f"{STAMP} [ERROR] Function timed out after 60 seconds",
            "collect: Function timed out after 60 seconds",
        ),
        ("KeyError: 'x'", "collect: KeyError: 'x'"),
        (f'{STAMP} [INFO] {{"event": "photo_recorded", "person": "x"}}', ""),
        ("FC Invoke Start RequestId: 1", ""),
        ("Traceback (most recent call last):", ""),
        ('  File "x.py", line 1, in y', ""),
        ("", ""),
    ],
)
def test_of_the_log_the_view_tells_what_no_document_tells(text: str, event: str) -> None:
    assert notable_event("facechain-autotrain-collect", text) == event


def test_numbers_and_durations_are_put_in_words() -> None:
    assert [count(n, "person", "people") for n in (0, 1, 2)] == ["0 people", "1 person", "2 people"]
    assert count(1, "fine-tune") == "1 fine-tune"
    assert [duration(s) for s in (-1, 0.4, 119, 150, 7300)] == ["0 s", "0 s", "119 s", "2 min", "2.0 h"]


@pytest.mark.parametrize(("term", "redraws"), [("xterm", True), ("dumb", False), ("unknown", False)])
def test_a_terminal_that_cannot_redraw_gets_plain_lines(
    term: str, redraws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("os.tcgetpgrp", lambda _: 1)
    monkeypatch.setattr("os.getpgrp", lambda: 1)
    monkeypatch.setattr("sys.stdout.fileno", lambda: 1, raising=False)
    assert can_redraw(Console(force_terminal=True)) is redraws
    assert not can_redraw(Console(force_terminal=False))
    monkeypatch.setattr("os.getpgrp", lambda: 2)
    assert not can_redraw(Console(force_terminal=True)), "a job in the background shares the terminal"
