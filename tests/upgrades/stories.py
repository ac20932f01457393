"""What people and operators do while two versions share the rows, and what has to come of it.

A story is brought to a point by one version (``STAGES``); from there on others take turns, and ``finish``
holds what came of it against the promises: whoever sent photos is trained, and each set is paid for once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from typing import Any

from aliyun_local.samples import encoded, portrait
from shared.domain.lanes import KEPT_LANE
from tests.upgrades.cloud import BUCKET, Cloud, Instance

MOST_TICKS = 60
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "REJECTED")


@cache
def photo(number: int) -> bytes:
    """A photo with a face; another number is another photo."""
    return encoded(portrait(number, size=(320, 400)), quality=85)


@dataclass
class Story:
    """People in an account, and the versions that take turns.

    Attributes:
        cloud: the account.
        watchers: all versions: each has to show the same in the end.
        turns: who does the next thing.
        trainings: how many trainings each person is to get, by name.
        link: the path of a share link that is revoked.
        look: is called after each step.
    """

    cloud: Cloud
    watchers: Sequence[Instance]
    turns: Iterator[Instance] = field(default_factory=lambda: iter(()))
    trainings: dict[str, int] = field(default_factory=dict)
    link: str = ""
    look: Callable[[], None] = lambda: None

    def by(self, *turns: Instance) -> None:
        """Let these versions take turns from now on."""
        self.turns = cycle(turns)

    def send(self, person: str, *numbers: int) -> None:
        """Upload photos, each of which a version records."""
        self.trainings.setdefault(person, 1)
        for number in numbers:
            event = self.cloud.upload(person, f"{number}.jpg", photo(number))
            self.cloud.take(next(self.turns), event)
            self.look()

    def tick(self, times: int = 1) -> None:
        """Let minutes pass."""
        for _ in range(times):
            self.cloud.tick(next(self.turns))
            self.look()

    def until(self, person: str, state: str) -> None:
        """Let minutes pass until the person's newest job stands in ``state``."""
        for _ in range(MOST_TICKS):
            if self.state(person) == state:
                return
            self.tick()
        raise AssertionError(f"{person} does not come to {state}, but stands in {self.state(person)}")

    def post(self, path: str, **content: object) -> dict[str, object]:
        """Ask for something as an administrator."""
        answer = self.cloud.ask(next(self.turns), "POST", path, content or None)
        self.look()
        return answer

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the jobs of all who are to be trained."""
        return [row for row in self.cloud.rows("jobs") if row["person_id"] in self.trainings]

    def row(self, person: str) -> dict[str, Any]:
        """Return the row of the person's newest job."""
        rows = [row for row in self.cloud.rows("jobs") if row["person_id"] == person]
        return max(rows, key=lambda row: row["revision"])

    def state(self, person: str) -> str:
        """Return the state of the person's newest job."""
        return str(self.row(person)["state"])


# -- stages: each brings a story to a point, and returns what happens afterwards -----------------------------


def collecting(story: Story) -> None:
    """A set is open, and takes another photo."""
    story.send("li", 1, 2)
    assert story.state("li") == "COLLECTING"


def _another_photo(story: Story) -> None:
    story.send("li", 3)


def queued(story: Story) -> None:
    """One trains, another waits for the slot."""
    story.send("wu", 4)
    story.until("wu", "TRAINING")
    story.cloud.behaviour.training_seconds = 600.0
    story.send("li", 1, 2)
    story.until("li", "QUEUED")


def submitting(story: Story) -> None:
    """The answer to the submit is lost: nobody knows yet whether there is a fine-tune."""
    story.send("li", 1, 2)
    story.cloud.behaviour.list_lag_seconds = 300.0
    story.cloud.lose_answer("CreateFineTune")
    story.until("li", "SUBMITTING")
    assert len(story.cloud.ledger()) == 1


def training(story: Story) -> None:
    """A fine-tune is running."""
    story.send("li", 1, 2)
    story.until("li", "TRAINING")


def finished(story: Story) -> None:
    """A person has a model."""
    story.send("li", 1, 2)
    story.until("li", "SUCCEEDED")
    story.tick(2)


def _the_same_photos_and_a_new_one(story: Story) -> None:
    story.send("li", 1, 2)
    story.tick(4)
    assert len(story.cloud.ledger()) == 1, "photos that were trained on open nothing"
    story.trainings["li"] = 2
    story.send("li", 3)


def paused(story: Story) -> None:
    """An administrator has paused the queue."""
    story.post("/queue/pause", because="an upgrade")
    story.tick()
    story.send("li", 1, 2)
    story.until("li", "QUEUED")
    story.tick(2)
    assert not story.cloud.ledger()


def _resumed(story: Story) -> None:
    story.tick(3)
    assert not story.cloud.ledger(), "the pause holds, whoever made it"
    story.post("/queue/resume")


def asked(story: Story) -> None:
    """A request is written down, and no tick has come yet."""
    story.send("li", 1, 2)
    story.post("/people/li/train")


def link_revoked(story: Story) -> None:
    """A share link has been made, and is revoked."""
    story.send("li", 1, 2)
    made = story.post("/people/li/links")
    story.link = "/own/" + str(made["url"]).rpartition("/")[2]
    story.tick()
    for version in story.watchers:
        assert story.cloud.ask_for(version, "GET", story.link)[0] == 200
    story.post(f"/people/li/links/{made['link_id']}/revoke")


def _refused_by_everybody(story: Story) -> None:
    for version in story.watchers:
        assert story.cloud.ask_for(version, "GET", story.link)[0] in (401, 403, 404), "it is revoked"


def account_blocked(story: Story) -> None:
    """The account is in arrears: the face check is refused to everybody, and the set waits for it."""
    story.cloud.behaviour.in_arrears = True
    story.send("li", 1, 2)
    story.tick(3)


def _paid(story: Story) -> None:
    story.tick(3)
    story.cloud.behaviour.in_arrears = False


def _nothing_more(_: Story) -> None:
    pass


STAGES: dict[str, tuple[Callable[[Story], None], Callable[[Story], None]]] = {
    "collecting": (collecting, _another_photo),
    "queued": (queued, _nothing_more),
    "submitting with a lost answer": (submitting, _nothing_more),
    "training": (training, _nothing_more),
    "finished": (finished, _the_same_photos_and_a_new_one),
    "paused": (paused, _resumed),
    "a request in flight": (asked, _nothing_more),
    "a share link revoked": (link_revoked, _refused_by_everybody),
    "the account blocked": (account_blocked, _paid),
}
"""How a story comes to the point at which another version takes over, and what happens then."""


def finish(story: Story, *, unreadable: Sequence[str] = ()) -> None:
    """Let it all come to an end, and hold it against the promises; ``unreadable`` people wait for ever."""
    for _ in range(MOST_TICKS):
        if all(_is_done(row) for row in story.rows()):
            break
        story.tick()
    # Whatever is left to be done, nothing is.
    story.tick(4)
    _check_ledger(story)
    _check_rows(story)
    for version in story.watchers:
        _check_shown(story, version)
        for person in unreadable:
            shown = story.cloud.ask(version, "GET", f"/people/{person}")
            assert shown["blocked_by"]["code"] == "unreadable_row", shown
        listed = story.cloud.ask(version, "GET", "/people")
        assert len(listed["people"]) + len(listed["unreadable"]) == len(story.trainings) + len(unreadable)
    if story.link:
        _refused_by_everybody(story)


def play(story: Story, stage: str, before: Instance, *after: Instance) -> None:
    """Bring the story to a stage by one version, and to its end by others, which take turns."""
    begin, go_on = STAGES[stage]
    story.by(before)
    begin(story)
    story.by(*after)
    go_on(story)
    finish(story)


def _is_done(row: dict[str, object]) -> bool:
    return row["state"] == "REJECTED" or (row["state"] in ENDED and row["delivered"] is True)


def _check_ledger(story: Story) -> None:
    for person in story.trainings:
        assert story.state(person) == "SUCCEEDED", story.row(person)
    ledger = story.cloud.ledger()
    assert len(ledger) == sum(story.trainings.values()), "each set is paid for once"
    assert sum(entry.billed_trainings for entry in ledger) == len(ledger)


def _check_rows(story: Story) -> None:
    assert story.cloud.control("slot").get("holders") == []
    lanes = {row["lane"] for row in story.rows() if "lane" in row}
    assert lanes <= {KEPT_LANE}, "nothing is left in hand but what goes in its time"
    assert not story.cloud.rings()
    for row in story.cloud.rows("requests"):
        if "kind" in row:
            assert row["outcome"].partition(":")[0] in OUTCOMES, row
    for person, count in story.trainings.items():
        for revision in range(1, count + 1):
            assert story.cloud.emulators.objects.head(BUCKET, f"results/{person}/{revision}.json")


OUTCOMES = ("paused", "resumed", "closing", "link_made", "link_revoked")
"""What the requests of these stories come to."""


def _check_shown(story: Story, version: Instance) -> None:
    for person, count in story.trainings.items():
        shown = story.cloud.ask(version, "GET", f"/people/{person}")
        assert (shown["state"], shown["unreadable"]) == ("SUCCEEDED", []), shown
        assert len(shown["revisions"]) + 1 >= count
        assert shown["finetuned_output"], f"{version.name} does not show the model of {person}"
    jobs = story.cloud.ask(version, "GET", "/jobs")["jobs"]
    theirs = [job for job in jobs if job["person_id"] in story.trainings]
    assert len(theirs) == sum(story.trainings.values())
