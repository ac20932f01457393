"""The cashier: asks at the terminal whether a training may be paid, on a thread of its own.

One question is open at a time, and what else there is to say waits until it is answered
(:class:`~local.real_dashscope.counter.Counter`). Only what is typed after a question answers it: a line that
was typed ahead is no consent to a payment. A training that was declined is allowed later by a ``y``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from local.real_dashscope.account import LIMIT_VARIABLE, fen_of, in_cny
from local.real_dashscope.calls import Subject
from local.real_dashscope.counter import Counter
from local.real_dashscope.purse import Purse

LOOK_SECONDS = 0.5
CHOICES = "  [y] this one   [a] all of this run, up to how many CNY   [n] no"
FREE_TRAININGS = "The first 50 are free within 90 days of FaceChain's approval."
_DECLINED = "Not paid. The set waits in the queue; type y later to train it after all."


class Cashier:
    """Answers the purse's questions with what somebody types."""

    def __init__(
        self,
        purse: Purse,
        counter: Counter,
        name_of: Callable[[str], str],
        on_allowed: Callable[[], object] = lambda: None,
    ) -> None:
        """Ask at ``counter``.

        Args:
            purse: what asks, and is told the answer.
            counter: the terminal.
            name_of: returns the person of a job.
            on_allowed: called after each yes.
        """
        self._purse = purse
        self._counter = counter
        self._name_of = name_of
        self._on_allowed = on_allowed
        self._declined: list[Subject] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Cashier:
        """Start, where somebody can be asked."""
        if self._purse.asks:
            self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Stop; a question that is open is not answered, so nothing is paid for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self) -> None:
        """Ask the next question, or take in what is typed while there is none."""
        subject = self._purse.question()
        if subject is None:
            self._listen()
            return
        with self._counter.held():
            self._counter.drop_typed()
            self._counter.show(self._question(subject))
            while not self._is_answered(subject):
                pass

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()

    def _listen(self) -> None:
        typed = self._counter.read_line(LOOK_SECONDS)
        if typed is None:
            return
        if self._declined and typed.strip().lower() in ("y", "yes"):
            subject = self._declined.pop(0)
            self._purse.allow(subject)
            self._counter.say(f"Allowed: {self._about(subject)}.")
            self._on_allowed()

    def _is_answered(self, subject: Subject) -> bool:
        """Take in a line; returns whether the question is done with."""
        typed = self._next_line()
        if typed is None:
            return True
        word, _, amount = typed.strip().lower().partition(" ")
        if word in ("y", "yes"):
            self._purse.allow(subject)
            self._counter.show(f"Allowed: {self._about(subject)}.")
            self._on_allowed()
            return True
        if word in ("n", "no"):
            self._purse.decline(subject)
            self._declined.append(subject)
            self._counter.show(_DECLINED)
            return True
        if word == "a":
            return self._allow_all(amount.strip())
        self._counter.show("Please type y, a or n.")
        return False

    def _allow_all(self, amount: str) -> bool:
        if not amount:
            self._counter.show("Up to how many CNY in this run, such as 25?")
            typed = self._next_line()
            if typed is None:
                return True
            amount = typed.strip()
        up_to, least = fen_of(amount), self._purse.ordered_fen + self._purse.price_fen
        limit = self._purse.limit_fen
        if up_to is None or up_to < least:
            self._counter.show(f"That is no amount of at least {in_cny(least)}. {CHOICES.strip()}")
            return False
        if limit is not None and up_to > limit:
            self._counter.show(f"{LIMIT_VARIABLE} allows {in_cny(limit)}. {CHOICES.strip()}")
            return False
        self._purse.allow_all(up_to)
        self._declined.clear()
        self._counter.show(f"Allowed: all trainings of this run, up to {in_cny(up_to)} together.")
        self._on_allowed()
        return True

    def _next_line(self) -> str | None:
        """Wait for a line; None when the run ends first."""
        while not self._stop.is_set():
            typed = self._counter.read_line(LOOK_SECONDS)
            if typed is not None:
                return typed
        return None

    def _question(self, subject: Subject) -> str:
        price = in_cny(self._purse.price_fen)
        ordered = in_cny(self._purse.ordered_fen)
        return (
            f"\nPay for a training? {self._about(subject)}: {price} by list price. {FREE_TRAININGS}\n"
            f"  Ordered so far in this run: {ordered}.\n{CHOICES}"
        )

    def _about(self, subject: Subject) -> str:
        photos = "1 photo" if subject.photos == 1 else f"{subject.photos} photos"
        return f"{name_in_words(subject, self._name_of)}, {photos}"


def name_in_words(subject: Subject | None, name_of: Callable[[str], str]) -> str:
    """Return whom a training is for, as a line of text that moves no cursor."""
    if subject is None or not subject.job_id:
        return "an unknown person"
    return "".join(sign if sign.isprintable() else "?" for sign in name_of(subject.job_id))
