"""The questions about a deployed stack: its HTTP trigger, its OSS trigger, its environment.

An upload shows nobody, so that it is checked and never trained. Four questions are about hours or about
taking a stack apart; no run should do that to a stack in use, and they say how to look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from shared.domain.photos import Verdict
from tests.live import pictures
from tests.live.question import NotAsked, Question, Seen
from tests.live.removing import remove
from tests.live.settings import ACCESS_KEY

if TYPE_CHECKING:
    from tests.live.run import Run

TIMEOUT_SECONDS = 30
UPLOAD_POLLS = 60
UPLOAD_POLL_SECONDS = 5
PERSON = "照片 1+1"
PHOTO = "脸 1+1 100%.jpg"
_SAVED = {
    verdict.value
    for verdict in (
        Verdict.UNCHECKED,
        Verdict.USABLE,
        Verdict.NO_FACE,
        Verdict.SEVERAL_FACES,
        Verdict.UNFIT,
        Verdict.NOT_JUDGED,
    )
}
"""The verdicts of a photo whose upright copy has been saved by OSS."""
_API = ("STATUS_URL", "STATUS_TOKEN")
_FUNCTIONS = (*ACCESS_KEY, "FC_ENDPOINT", "FC_COLLECT", "FC_RECONCILE")


def call(run: Run, method: str, path: str, token: str = "STATUS_TOKEN", **headers: str) -> requests.Response:
    """Call the status API with a token, ``""`` for none."""
    if token:
        headers["Authorization"] = f"Bearer {run.settings[token]}"
    url = run.settings["STATUS_URL"].rstrip("/") + path
    return requests.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)


def authorization(run: Run) -> Seen:
    """Read the jobs with a token and without."""
    with_token, without = call(run, "GET", "/jobs").status_code, call(run, "GET", "/jobs", "").status_code
    if (with_token, without) == (200, 401):
        return Seen("Yes.")
    return Seen(f"No: with a token {with_token}, without {without}.")


def if_none_match(run: Run) -> Seen:
    """Ask again for a document that has not changed."""
    first = call(run, "GET", "/jobs")
    tag = first.headers.get("ETag", "")
    if not tag:
        return Seen(f"The answer ({first.status_code}) has no ETag.")
    again = call(run, "GET", "/jobs", **{"If-None-Match": tag})
    return Seen("Yes: the answer is 304." if again.status_code == 304 else f"No: it is {again.status_code}.")


def head(run: Run) -> Seen:
    """Ask for the head of a document."""
    answer = call(run, "HEAD", "/jobs")
    if answer.status_code == 200 and not answer.content:
        return Seen("Yes: 200 without a body.")
    return Seen(f"No: {answer.status_code}.")


def options(run: Run) -> Seen:
    """Ask as a browser does before a call from another page."""
    answer = call(run, "OPTIONS", "/jobs", "", Origin="https://example.com")
    by = "the platform, before the code" if answer.status_code == 403 else "the code"
    return Seen(f"{answer.status_code}, from {by}.")


def disposition(run: Run) -> Seen:
    """See whether the default domain makes an answer a download."""
    header = call(run, "GET", "/jobs").headers.get("Content-Disposition", "")
    return Seen("Yes." if header.startswith("attachment") else "No.")


def environment(run: Run) -> Seen:
    """Read the environment of the functions whose numbers are parameters of the template."""
    found = _environments(run)
    for name, value in found[0].items():
        if not isinstance(value, str):
            return Seen(f"No: it is of type {type(value).__name__}.")
        if name.endswith("_SECONDS") and not value.isdecimal():
            return Seen(f"No: {name} is {value!r} there.")
    return Seen("Yes: every value is a string, and that of a number is its digits.")


def anchors(run: Run) -> Seen:
    """Compare the environments of two functions that the template gives by one anchor."""
    collect, reconcile = _environments(run)
    return Seen("Yes: they have the same environment." if collect == reconcile else "No: they differ.")


def upload(run: Run) -> Seen:
    """Upload a photo of nobody with a Chinese name, a plus sign and a space, and wait until it is prepared.

    It is removed at once: a stack that checks no faces would train it after a while.
    """
    stack, person = run.settings["OSS_BUCKET"], f"{run.label} {PERSON}"
    key = f"people/{person}/{PHOTO}"
    bucket = run.oss.data(stack)
    made = [run.journal.add("person", person, stack), run.journal.add("object", key, stack)]
    bucket.put_object(key, pictures.faceless(), headers={"Content-Type": "image/jpeg"})
    try:
        return _prepared(run, person)
    finally:
        for one in reversed(made):
            remove(run, one)


def _prepared(run: Run, person: str) -> Seen:
    verdict = None
    for _ in range(UPLOAD_POLLS):
        verdict = _verdicts(call(run, "GET", f"/people/{quote(person, safe='')}")).get(PHOTO)
        if verdict in _SAVED:
            return Seen("They arrive as they are, and the role may save pictures.")
        if verdict and verdict != Verdict.UNPREPARED.value:
            break
        run.wait(UPLOAD_POLL_SECONDS)
    if verdict:
        return Seen(f"They arrive as they are. No picture is saved: the verdict is {verdict}.")
    return Seen("No photo of this name arrives in five minutes.")


def _verdicts(answer: requests.Response) -> dict[str, str]:
    """Return the verdicts of the photos in a person's document, by name; empty while there is none."""
    if answer.status_code != 200:
        return {}
    job = answer.json().get("current") or {}
    return {photo["name"]: str(photo.get("verdict") or "") for photo in job.get("photos") or []}


def _environments(run: Run) -> list[dict[str, Any]]:
    try:
        from alibabacloud_fc20230330.client import Client
        from alibabacloud_fc20230330.models import GetFunctionRequest
        from alibabacloud_tea_openapi.utils_models import Config
    except ImportError:
        raise NotAsked("needs the client alibabacloud-fc20230330, which `make contracts` installs") from None
    settings = run.settings
    scheme, _, host = settings["FC_ENDPOINT"].rpartition("://")
    client = Client(
        Config(
            access_key_id=settings["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=settings["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            security_token=settings.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
            endpoint=host,
            protocol=scheme or "https",
            connect_timeout=TIMEOUT_SECONDS * 1000,
            read_timeout=TIMEOUT_SECONDS * 1000,
        )
    )
    return [
        dict(client.get_function(settings[name], GetFunctionRequest()).body.environment_variables or {})
        for name in ("FC_COLLECT", "FC_RECONCILE")
    ]


def _look(how: str) -> Callable[[Run], Seen]:
    def ask(_: Run) -> Seen:
        raise NotAsked(f"no run can tell; {how}")

    return ask


QUESTIONS = (
    Question(
        name="trigger-authorization",
        words="Does Authorization reach the function through its default domain?",
        ask=authorization,
        needs=_API,
    ),
    Question(
        name="trigger-if-none-match",
        words="Does If-None-Match reach the function through its default domain?",
        ask=if_none_match,
        needs=_API,
    ),
    Question(
        name="trigger-head",
        words="Is HEAD answered through the default domain?",
        ask=head,
        needs=_API,
    ),
    Question(
        name="trigger-options",
        words="By whom is OPTIONS answered?",
        ask=options,
        needs=_API,
    ),
    Question(
        name="trigger-disposition",
        words="Does the default domain make an answer a download?",
        ask=disposition,
        needs=_API,
    ),
    Question(
        name="event-key-encoding",
        words="Do Chinese, + and a space in a key arrive as they are, and may the role save pictures?",
        ask=upload,
        needs=(*ACCESS_KEY, *_API, "OSS_BUCKET", "OTS_ENDPOINT", "OTS_INSTANCE"),
    ),
    Question(
        name="number-to-environment",
        words="Does a Number of the template reach a function's environment as a string?",
        ask=environment,
        needs=_FUNCTIONS,
    ),
    Question(
        name="yaml-anchors",
        words="Are YAML anchors of the template followed?",
        ask=anchors,
        needs=_FUNCTIONS,
    ),
    Question(
        name="role-propagation",
        words="Is the trigger's role known when the trigger is made?",
        ask=_look(
            "create a new stack and see whether UploadTrigger fails with a message about its role, "
            "and whether a second try goes through"
        ),
    ),
    Question(
        name="bill-of-a-day",
        words="What does a stack cost in 24 idle hours?",
        ask=_look("leave the stack alone for 24 hours, then read the console's Bills by product and hour"),
    ),
    Question(
        name="update-with-new-zip",
        words="Does an update of the stack with a new zip replace the code and nothing else?",
        ask=_look(
            "update a stack for trial with another CodeObject and compare the resources' ids before and after"
        ),
    ),
    Question(
        name="deletion",
        words="Does the deletion of a stack leave a bucket with objects, and what of an empty one?",
        ask=_look(
            "delete one stack for trial with objects in its bucket and one without, and list what is left"
        ),
    ),
)
