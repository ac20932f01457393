"""What one person of the month sends, and what is odd about it: all drawn from the person's number.

The shares are assumptions, and stand in one table, so that the report can say how many there were of each.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.simulation.month.arrivals import DAY_MS, HOUR_MS
from tests.simulation.scenarios import zipped

MINUTE_MS = 60_000

ODD_PEOPLE = {
    "no usable photo": 0.02,
    "comes again days later": 0.05,
    "a late photo in the queue": 0.03,
    "an upload overwritten": 0.01,
    "an upload deleted": 0.01,
    "a zip": 0.02,
    "a zip replaced": 0.002,
}
"""Of all people, the share that does each of these."""
ODD_PHOTOS = {"no face": 0.04, "not a picture": 0.01, "sent twice": 0.03, "a frame of a burst": 0.05}
"""Of all photos."""
ODD_EVENTS = {"lost": 0.005, "repeated": 0.01, "late by hours": 0.005, "in parts": 0.03}
"""Of all uploads; an upload in parts has an ETag of its own."""
NUMBERS = (4, 6, 8, 8, 10, 10, 12)
"""How many photos people send: 8.3 on average."""
MARKED = 0.6
"""Of all people, those who say that they are done; the others' sets close by number or by quiet time."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One thing that a person does. ``content`` None: the upload is deleted.

    ``deliveries``: how many milliseconds later its event comes, each time that it does.
    """

    at: int
    name: str
    content: bytes | None
    deliveries: tuple[int, ...] = (500,)
    in_parts: bool = False


@dataclass
class Delivery:
    """All that a person does, and what is odd about it."""

    person: str
    sent: list[Sent] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


class _Sender:
    """One person at work."""

    def __init__(self, number: int, arrives: int, seed: int) -> None:
        self.chance = random.Random(f"person {seed} {number}")
        # Chinese names are normal.
        self.delivery = Delivery(f"顾客{number:06}" if number % 3 else f"guest {number:06}")
        self.now = arrives

    def happens(self, what: str, share: float) -> bool:
        """Draw whether something odd happens, and note it."""
        happens = self.chance.random() < share
        if happens:
            self.delivery.odd.append(what)
        return happens

    def send(self, name: str, content: bytes | None, *, after_ms: tuple[int, int] = (500, 6_000)) -> None:
        """Send one upload, with an event that may be odd."""
        self.now += self.chance.randint(*after_ms)
        deliveries: tuple[int, ...] = (self.chance.randint(100, 2_000),)
        if self.happens("lost", ODD_EVENTS["lost"]):
            deliveries = ()
        elif self.happens("repeated", ODD_EVENTS["repeated"]):
            deliveries = (*deliveries, self.chance.randint(1_000, 10 * MINUTE_MS))
        elif self.happens("late by hours", ODD_EVENTS["late by hours"]):
            deliveries = (self.chance.randint(HOUR_MS, 3 * HOUR_MS),)
        in_parts = bool(content) and self.happens("in parts", ODD_EVENTS["in parts"])
        self.delivery.sent.append(
            Sent(at=self.now, name=name, content=content, deliveries=deliveries, in_parts=in_parts)
        )

    def photos(self, label: str, count: int, *, usable: bool = True) -> None:
        """Send photos, some of which are odd."""
        mark = f"{self.delivery.person} {label}".encode()
        for number in range(count):
            kind, content = b"FACE", b" %d " % number + mark
            if not usable or self.happens("no face", ODD_PHOTOS["no face"]):
                kind = b"VIEW"
            elif self.happens("not a picture", ODD_PHOTOS["not a picture"]):
                kind = b"TEXT"
            elif self.happens("a frame of a burst", ODD_PHOTOS["a frame of a burst"]):
                content = b" burst %d %d" % (number // 2, number)
            self.send(f"{label}{number:02}.jpg", kind + content)
            if self.happens("sent twice", ODD_PHOTOS["sent twice"]):
                self.send(f"{label}{number:02} (1).jpg", kind + content)

    def is_done(self) -> None:
        """Say so with a marker, or say nothing."""
        if self.chance.random() < MARKED:
            self.send("_READY", b"")


def delivery_of(number: int, arrives: int, seed: int, *, day_ms: int = DAY_MS) -> Delivery:
    """Return what the person of that number does who arrives at that moment of the month.

    ``day_ms``: how long a day is for those who come again days later.
    """
    sender = _Sender(number, arrives, seed)
    usable = not sender.happens("no usable photo", ODD_PEOPLE["no usable photo"])
    if sender.happens("a zip", ODD_PEOPLE["a zip"]):
        _a_zip(sender)
    else:
        sender.photos("", sender.chance.choice(NUMBERS), usable=usable)
    sender.is_done()
    if sender.happens("a late photo in the queue", ODD_PEOPLE["a late photo in the queue"]):
        sender.send("late.jpg", b"FACE late", after_ms=(3 * MINUTE_MS, 10 * MINUTE_MS))
    if sender.happens("an upload overwritten", ODD_PEOPLE["an upload overwritten"]):
        sender.send("00.jpg", b"FACE another", after_ms=(10_000, 10 * MINUTE_MS))
    if sender.happens("an upload deleted", ODD_PEOPLE["an upload deleted"]):
        sender.send("01.jpg", None, after_ms=(10_000, 20 * MINUTE_MS))
    if sender.happens("comes again days later", ODD_PEOPLE["comes again days later"]):
        sender.now += sender.chance.randint(1, 6) * day_ms
        sender.photos("again ", sender.chance.choice((2, 3, 4)))
        sender.is_done()
    return sender.delivery


def _a_zip(sender: _Sender) -> None:
    mark = sender.delivery.person.encode()
    photos = {f"{number}.jpg": b"FACE %d in a zip of " % number + mark for number in range(8)}
    sender.send("photos.zip", zipped({**photos, ".note": b"-"}))
    if sender.happens("a zip replaced", ODD_PEOPLE["a zip replaced"] / ODD_PEOPLE["a zip"]):
        photos["new.jpg"] = b"FACE new of " + mark
        sender.send("photos.zip", zipped(photos), after_ms=(2_000, 30_000))
