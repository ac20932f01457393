"""``erase``: has a stage erase a person, waits until that is done, and shows the certificate."""

from __future__ import annotations

from typing import NamedTuple

from local.stages.context import Context
from local.stages.errors import StageError
from local.stages.status_api import Document

MOST_SECONDS = 3600
"""A training is waited for, then runs that began before: ten minutes, more in a queue at DashScope."""
LOOK_SECONDS = 10.0


class Erased(NamedTuple):
    """The certificate, and whether everything that can be removed had been when it was fetched."""

    certificate: Document
    is_done: bool


def erase(context: Context, person: str, confirmed: str = "", *, wait: bool = True) -> Erased:
    """Have ``person`` erased; ``confirmed`` is the name if it was typed beforehand.

    Raises:
        Refused: the name was not typed.
        StageError: the stage refuses, does not answer, or has not erased the person within an hour.
    """
    stack = context.needed_stack()
    output, api = context.output, context.status_api(stack)
    output.step(f"This erases {person} from stage {context.name}, for ever:")
    output.say("  - photos, snapshots, results, rows and share links", "bold red")
    output.say("  - the models at DashScope, as far as it deletes them", "bold red")
    if confirmed != person:
        output.confirm("", wanted=person, yes_is_enough=False)
    erasure_id = api.erase(person)
    output.say(f"  asked for: erasure {erasure_id}")
    document = api.erasure(erasure_id)
    ends_at, said = context.monotonic() + MOST_SECONDS, ""
    while wait and document["status"] == "pending":
        if (now := str(document["waiting_for"]["message"])) != said:
            output.say(f"  {now}", "dim")
            said = now
        if context.monotonic() > ends_at:
            raise StageError(
                f"erasure {erasure_id} is not done after {MOST_SECONDS // 60} minutes: {said}",
                f"It goes on by itself. GET /erasures/{erasure_id} tells when it is done; "
                f"'make logs STAGE={context.name} ERRORS=1' shows what is in the way.",
            )
        context.sleep(LOOK_SECONDS)
        document = api.erasure(erasure_id)
    return Erased(document, document["status"] != "pending")


def lines_of(erased: Erased) -> list[str]:
    """Say what was removed, and what is left."""
    document = erased.certificate
    if not erased.is_done:
        return [f"Erasure {document['erasure_id']} goes on by itself."]
    removed = [f"{count} {name.replace('_', ' ')}" for name, count in document["removed"].items() if count]
    lines = [f"Erased at {document['done_at']}: {', '.join(removed) or 'nothing was there'}."]
    for one in document["remains"]:
        what = one["name"] or f"{one['number']} in {one['where']}"
        again = f"; tried again {one['next_try_at']}" if one["next_try_at"] else ""
        lines.append(f"  remains: {what}: {one['reason']['code']}{again}")
    lines += [f"  elsewhere: {one['message']}" for one in document["kept_elsewhere"]]
    lines.append(f"  the certificate can be fetched until {document['kept_until']}")
    return lines
