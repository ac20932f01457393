"""Wires ``logs`` together: the stage's Logstore, the selection, and how lines are shown."""

from __future__ import annotations

import json

from local.stages import logs
from local.stages.context import Context
from local.stages.errors import DONE, NotStarted, StageError
from local.stages.log_lines import Selection, as_document, shown
from local.stages.log_search import LogSearch
from local.stages.ros import Stack
from local.stages.secret_values import given_secrets, kept_secrets
from shared.log_names import LogNames

LOGSTORE = "functions"


def show_logs(
    context: Context,
    *,
    since: int,
    person: str,
    job: str,
    request_id: str,
    errors: bool,
    follow: bool,
    as_json: bool,
) -> int:
    """Show the selected lines since a moment; returns the exit status.

    Raises:
        NotStarted: the stage is not deployed, or its log cannot be searched from here.
        ServiceError: the log cannot be searched.
    """
    stack = context.needed_stack()
    if not context.endpoints.sls:
        raise NotStarted(
            "this local cloud has no log service", "'make up LOG=1' shows the lines as they come."
        )
    app = stack.parameters.get("AppName") or context.names.app
    search = LogSearch(
        context.endpoints.sls,
        f"{app}-{context.caller.account_id}",
        LOGSTORE,
        context.credentials.key,
        now=context.now,
        sleep=context.sleep,
    )
    jobs = tuple(filter(None, (job, *(_jobs_of(context, stack, person) if person else ()))))
    selection = Selection(
        person=_as_logged(context, stack, person), jobs=jobs, request_id=request_id, errors=errors
    )
    lines = (
        logs.following(search, selection, since, now=context.now, sleep=context.sleep)
        if follow
        else logs.past(search, selection, since, int(context.now()) + 1)
    )
    for line in lines:
        text = json.dumps(as_document(line), ensure_ascii=False) if as_json else shown(line)
        context.output.line(text)
    return DONE


def _as_logged(context: Context, stack: Stack, person: str) -> str:
    """Return what the lines call a person: with ``LogNames`` hashed, a hash by the stage's own key.

    Raises:
        NotStarted: the key is not known here.
    """
    if not person or stack.parameters.get("LogNames") != "hashed":
        return person
    kept = kept_secrets(context.name, context.folder)
    key = {**kept, **given_secrets(("EraseKey",), context.environment, context.secrets_file)}.get("EraseKey")
    if not key:
        raise NotStarted(
            "the log names people by a hash, and its key is not known here",
            "Set ERASE_KEY in the environment, or name a file with that line by --secrets.",
        )
    return LogNames(key).hash_of(person)


def _jobs_of(context: Context, stack: Stack, person: str) -> list[str]:
    """Return the ids of a person's jobs; none when the status API does not tell."""
    try:
        found = context.status_api(stack).person(person) or {}
    except StageError:
        return []
    return [str(one["job_id"]) for one in found.get("revisions") or ()]
