"""Puts the open questions of ``docs/live-test.md`` to the real services: ``make test-live``.

Prints what each question has shown, writes ``live-report.json``, and removes what it has made. Nothing is
paid without PAY=1; what a run costs at most is said before the first question.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tests.live.budget import DEFAULT_CNY, SMALL_CHANGE_CNY, Budget, BudgetError, most
from tests.live.journal import FOLDER, Journal, journals
from tests.live.question import Answer, Question
from tests.live.questions import QUESTIONS, steps_of
from tests.live.removing import remove_all
from tests.live.report import read, report, without_secrets, write
from tests.live.run import Run, interview
from tests.live.settings import ACCESS_KEY, API_KEY, Settings

REPORT = Path("live-report.json")
INTERRUPTED = 130


def main(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    *,
    wait: Callable[[float], object] = time.sleep,
    folder: Path = FOLDER,
    known: tuple[Question, ...] = QUESTIONS,
) -> int:
    """Run the command on the ``known`` questions.

    Returns:
        The exit status: 0 also where nothing can be asked; 1 if something is left in the account or a
        question failed; 2 for a mistake in the call; 130 after Ctrl-C.
    """
    given = _parser().parse_args(arguments)
    settings = Settings.of(environment)
    if not settings.has_credentials:
        print(
            f"test-live is skipped: set {' and '.join(ACCESS_KEY)}, {API_KEY}, or both."
            " docs/live-test.md lists all variables."
        )
        return 0
    if given.clean:
        return _clean(settings, wait, folder)
    try:
        budget = _budget(environment) if given.pay else None
        if given.pay and settings.get("LIVE_PHOTO"):
            settings.photo()  # before anything is paid or made
        earlier = read(given.since)["answers"] if given.since else ()
    except (BudgetError, OSError, ValueError) as problem:
        print(f"test-live: {problem}", file=sys.stderr)
        return 2
    questions = tuple(one for one in known if not given.only or one.name in given.only)
    print(_cost(questions, budget), flush=True)
    run_id = f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}-{secrets.token_hex(2)}"
    journal = Journal(folder / f"{run_id}.jsonl")
    run = Run(run_id=run_id, settings=settings, budget=budget, journal=journal, wait=wait)
    return _ask(run, questions, given.report, earlier)


def _ask(run: Run, questions: tuple[Question, ...], path: Path, earlier: Sequence[dict[str, Any]]) -> int:
    """Put the questions, write the report of those that were answered, remove what was made."""
    answers: list[Answer] = []
    status = INTERRUPTED
    try:
        for answer in interview(run, questions):
            answers.append(answer)
            print(without_secrets(_line(answer), run.settings.secrets), flush=True)
        status = int(any(answer.seen.startswith("not answered") for answer in answers))
    except KeyboardInterrupt:
        print("Interrupted; removing what was made.", flush=True)
    finally:
        document = report(answers, datetime.now(timezone.utc), earlier)
        write(document, path, run.settings.secrets)
        try:
            status = _removed(run) or status
        finally:
            run.close()
    asked = sum(answer.asked for answer in answers)
    spent = f", at most {run.budget.spent} CNY spent" if run.budget else ""
    print(f"{asked} of {len(questions)} questions answered{spent}; {path} has the report.")
    return status


def _clean(settings: Settings, wait: Callable[[float], object], folder: Path) -> int:
    """Remove what runs have left that died."""
    status, found = 0, list(journals(folder))
    for journal in found:
        run = Run(run_id=journal.path.stem, settings=settings, budget=None, journal=journal, wait=wait)
        try:
            status = _removed(run) or status
        finally:
            run.close()
    print(f"{len(found)} runs had left something behind." if found else "No run has left anything behind.")
    return status


def _removed(run: Run) -> int:
    for text in remove_all(run):
        print(without_secrets(f"  left behind: {text}", run.settings.secrets), flush=True)
    return int(bool(run.journal.made))


def _budget(environment: Mapping[str, str]) -> Budget:
    text = environment.get("LIVE_BUDGET_CNY", "").strip() or str(DEFAULT_CNY)
    try:
        return Budget(Decimal(text))
    except InvalidOperation:
        raise BudgetError(f"LIVE_BUDGET_CNY must be an amount in CNY, not {text!r}") from None


def _cost(questions: tuple[Question, ...], budget: Budget | None) -> str:
    whole = most(steps_of(questions))
    if budget is None:
        return (
            f"Nothing but requests is paid, at most {SMALL_CHANGE_CNY} CNY. With PAY=1 the paid questions are"
            f" put too, at most {whole} CNY in all, whatever free allowance the account has."
        )
    steps = ", ".join(
        f"{step.words} {step.cny}" for step in sorted(steps_of(questions), key=lambda one: one.name)
    )
    paid = min(whole, budget.cny)
    return (
        f"At most {paid} CNY are paid: requests {SMALL_CHANGE_CNY}, {steps}. The budget is {budget.cny} CNY."
    )


def _line(answer: Answer) -> str:
    switches = ", ".join(
        f"{service}.{name}={value!r}"
        for service, values in answer.switches.items()
        for name, value in values.items()
    )
    return f"{answer.question.words}\n    {answer.seen}" + (f"\n    → {switches}" if switches else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument(
        "--pay", action="store_true", help="put the paid questions too (LIVE_BUDGET_CNY bounds them)"
    )
    parser.add_argument(
        "--clean", action="store_true", help="remove what runs have left that died, and ask nothing"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="put these questions only")
    parser.add_argument(
        "--since", type=Path, metavar="FILE", help="keep the answers of this report that are not asked anew"
    )
    parser.add_argument("--report", type=Path, default=REPORT, metavar="FILE", help=f"default: {REPORT}")
    return parser


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # A run that is told to end removes what it has made, as after Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(main())
