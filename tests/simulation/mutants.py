"""Small breakages of the product, called mutants, that the simulation must find: they show that it can fail.

A mutant is a change of one module's text. The changed text is compiled, and the code of the functions that
differ replaces the original code, so that every holder of these functions runs the mutant.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType


@dataclass(frozen=True)
class Mutant:
    """``changes``: texts of ``module``, each there exactly once, and what replaces them."""

    name: str
    module: str
    changes: tuple[tuple[str, str], ...]


def one(name: str, module: str, old: str, new: str) -> Mutant:
    """Return the mutant that changes one text."""
    return Mutant(name, module, ((old, new),))


_SUBMITTING, _TRAINING = "shared.workflow.submitting", "shared.workflow.training"
_DASHSCOPE, _JOB, _ROWS = "shared.clients.dashscope", "shared.domain.job", "shared.clients.rows"
_OWNING, _RESOLVING, _RECORD = (
    "shared.workflow.owning",
    "shared.workflow.resolving",
    "shared.domain.job_record",
)
_ANSWERS, _LIST = "shared.clients.dashscope_answers", "shared.clients.dashscope_list"
_FINE_TUNES, _PHOTO_SET = "shared.domain.fine_tunes", "shared.domain.photo_set"

_KNOWS = "        if recorded is None:\n            return None if self.has_history else False\n"

MUTANTS = (
    one(
        "no adoption",
        _OWNING,
        "    return find_ours(fine_tunes, files, not_these=job.earlier_fine_tunes)",
        "    return None",
    ),
    one(
        "no grace",
        _RESOLVING,
        "return now < job.attempt_expires_at + world.rules.listing_delay_ms",
        "return False",
    ),
    one(
        "the grace begins with the submit, not with the end of the run that may send it",
        _RESOLVING,
        "return now < job.attempt_expires_at + world.rules.listing_delay_ms",
        "return now < job.submitted_at + 5_000",
    ),
    one(
        "POST before intent",
        _SUBMITTING,
        "intent = world.jobs.save(job, intended)",
        "intent = intended",
    ),
    one(
        "no version check",
        _ROWS,
        "condition = self._condition(expected)",
        "condition = tablestore.Condition(tablestore.RowExistenceExpectation.IGNORE)",
    ),
    one(
        "slot freed before the terminal write",
        _TRAINING,
        "    saved = _save(world, job, after)\n    if saved.state is not job.state:",
        "    if after.state.is_terminal:\n        _release(world, world.control.slot(), job.job_id, after)\n"
        "    saved = _save(world, job, after)\n    if saved.state is not job.state:",
    ),
    one(
        "slot freed while the training goes on",
        _TRAINING,
        "    saved = _save(world, job, after)\n    if saved.state is not job.state:",
        "    _release(world, world.control.slot(), job.job_id, after)\n"
        "    saved = _save(world, job, after)\n    if saved.state is not job.state:",
    ),
    one(
        "adopt by newest instead of by path",
        _FINE_TUNES,
        "if _is_one_of(wanted, path_of(file)):",
        "if path_of(file):",
    ),
    one(
        "a failed attempt's fine-tune is adopted again",
        _FINE_TUNES,
        'if fine_tune.fine_tune_id in ("", *not_these):',
        "if False:",
    ),
    one(
        "retry POST on time-out",
        _DASHSCOPE,
        '        answer = self._http.send("POST", "/fine-tunes", creates=True, json=body)\n',
        "        try:\n"
        '            answer = self._http.send("POST", "/fine-tunes", creates=True, json=body)\n'
        "        except OutcomeUnknown:\n"
        '            answer = self._http.send("POST", "/fine-tunes", creates=True, json=body)\n',
    ),
    Mutant(
        "first list page taken as complete",
        _LIST,
        (
            ("if brings_nothing or page.total == len(found.entries):", "if True:"),
            ("if found.is_proof or (", "if True or ("),
        ),
    ),
    one(
        "429 counted as failure",
        "shared.workflow.refusing",
        "        return _wait_with_all(world, intent, slot, refusal, intent.retry)\n",
        "        return world.jobs.save(intent, intent.ended(JobState.FAILED, _reason(cause), now))\n",
    ),
    one(
        "unknown status counted as failed",
        _TRAINING,
        "if fine_tune.status == FAILED:",
        'if fine_tune.status not in ("PENDING", "QUEUING", "RUNNING", "CANCELING", CANCELED):',
    ),
    one(
        "404 believed without the list",
        _TRAINING,
        "    if mine is not None:\n",
        "    if False:\n",
    ),
    one(
        "a cancel by hand not seen",
        _TRAINING,
        "if fine_tune.status == CANCELED:",
        "if False:",
    ),
    one(
        "no deadline for a stuck training",
        _TRAINING,
        "    return job.running_since + world.rules.training_deadline_ms",
        "    return job.running_since + 1_000_000 * world.rules.training_deadline_ms",
    ),
    one(
        "a result that is never written",
        _TRAINING,
        "        world.bucket.write_json(key, job_as_json(job))\n",
        "",
    ),
    one(
        "late photos dropped",
        "shared.workflow.recognizing",
        "        return [NEWS] * len(found)\n",
        "        return [NEWS] * len(found)\n"
        "    if not latest.takes_photos:\n        return [Recognized(is_known=True)] * len(found)\n",
    ),
    one(
        "event deduplicated by ETag alone",
        _PHOTO_SET,
        _KNOWS,
        "        if recorded is None and any(photo.etag == stored.etag for photo in self.photos):\n"
        "            return True\n" + _KNOWS,
    ),
    one(
        "an overwritten photo taken for the old one",
        _PHOTO_SET,
        _KNOWS,
        "        if recorded is not None:\n            return True\n" + _KNOWS,
    ),
    one("naive local time", _ANSWERS, "replace(tzinfo=BEIJING)", "replace(tzinfo=timezone.utc)"),
    one(
        "sweep removed",
        "shared.workflow.reconciling",
        "if not is_due or world.is_refused(Api.LISTING) or not world.has_time_for(TIME_FOR_AN_ACTION_MS):",
        "if True:",
    ),
    one(
        "the slot holds one job more than its capacity",
        "shared.domain.slot",
        "return len(self.holders) < capacity and not self.is_halted(now)",
        "return len(self.holders) <= capacity and not self.is_halted(now)",
    ),
    one(
        "an ended job leaves the work in hand before its delivery",
        _RECORD,
        "if self.state is JobState.REJECTED or (self.state.is_terminal and self.delivered):",
        "if self.state is JobState.REJECTED or self.state.is_terminal:",
    ),
    one(
        "the snapshot's name does not tell the job",
        "shared.domain.object_keys",
        'return f"{snapshot_folder(job)}{token}.jpg"',
        'return f"{SUBMISSIONS_PREFIX}photo/{len(token)}.jpg"',
    ),
    one(
        "each spelling of a name is a person of its own",
        "shared.domain.object_keys",
        'return unicodedata.normalize("NFC", folder)',
        "return folder",
    ),
    one(
        "an upload that was left to its event counts as recorded",
        "shared.domain.sweeping",
        "max(self.recorded_before, began - CERTAINTY_MS)",
        "max(self.recorded_before, began)",
    ),
    Mutant(
        "a job that is put back, or that photos join, goes to the end of the queue",
        _JOB,
        (
            (
                "due_at=retry.next_try_at if retry and steps_aside else self.place,",
                "due_at=retry.next_try_at if retry and steps_aside else now,",
            ),
            ("place = min(self.closed_first_at or now, now)", "place = now"),
        ),
    ),
    one(
        "the slot is released though its holder still needs it",
        "shared.domain.queue",
        "    return job.state in AT_DASHSCOPE or ",
        "    return job.state in AT_DASHSCOPE[1:] or ",
    ),
    one(
        "a carried photo is submitted under the other revision's path",
        "shared.workflow.closing",
        "        job = _with_own_snapshots(world, job, before)\n",
        "",
    ),
    one(
        "a signed URL in the log",
        _SUBMITTING,
        'log("submitting", job=intent.job_id, attempt=intent.attempt, photos=len(prepared.sendable))',
        'log("submitting", job=intent.job_id, photos=[file.split("=") for file in prepared.sendable])',
    ),
)


def mutated_source(mutant: Mutant) -> str:
    """Return the changed text of the mutant's module; every change must apply exactly once."""
    text = Path(str(importlib.import_module(mutant.module).__file__)).read_text(encoding="utf-8")
    for old, new in mutant.changes:
        assert text.count(old) == 1, f"{mutant.name}: {old!r} is {text.count(old)} times in {mutant.module}"
        text = text.replace(old, new)
    return text


@contextmanager
def alive(mutant: Mutant) -> Iterator[None]:
    """Let the mutant run in place of the product."""
    module = importlib.import_module(mutant.module)
    source = Path(str(module.__file__))
    before = dict(_codes(compile(source.read_text(encoding="utf-8"), str(source), "exec")))
    after = dict(_codes(compile(mutated_source(mutant), str(source), "exec")))
    changed = [path for path, code in after.items() if _text_of(code) != _text_of(before[path])]
    assert changed, f"{mutant.name} changes nothing"
    functions = {path: _function(module, path) for path in changed}
    kept = {path: function.__code__ for path, function in functions.items()}
    try:
        for path, function in functions.items():
            function.__code__ = after[path]
        _forget_results(module)
        yield
    finally:
        for path, function in functions.items():
            function.__code__ = kept[path]
        _forget_results(module)


def _forget_results(module: ModuleType) -> None:
    """Clear what cached functions remember: it was computed by the other code."""
    for found in vars(module).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


def _codes(code: CodeType, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], CodeType]]:
    """Yield the functions of a module and of its classes, by their names."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_name.isidentifier():
            if constant.co_flags & inspect.CO_NEWLOCALS and constant.co_flags & inspect.CO_OPTIMIZED:
                yield (*path, constant.co_name), constant
            else:
                yield from _codes(constant, (*path, constant.co_name))


def _text_of(code: CodeType) -> tuple[object, ...]:
    """What a function does, without where it stands."""
    constants = tuple(
        _text_of(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames


def _function(module: ModuleType, path: tuple[str, ...]) -> FunctionType:
    found: object = module
    for name in path:
        found = inspect.getattr_static(found, name)
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    found = getattr(found, "__wrapped__", found)
    assert isinstance(found, FunctionType), f"{path} is no function"
    return found
