"""``destroy``: removes a stage, and keeps what cannot be made again unless it is told to go.

Bucket, instance and tables have DeletionPolicy Retain, so the stack's end leaves them. What goes by name
goes in an order in which each step can still be made: models while the functions run, then the stack, then
the code, the tables and the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from local.prices.table import OSS_STORAGE, TABLE_STORAGE
from local.stages import events
from local.stages.changing import remove
from local.stages.context import Context
from local.stages.errors import NotStarted, ServiceError, StageError
from local.stages.requests_made import wait_for_request
from local.stages.ros import Stack
from local.stages.stage_file import forget_stage
from local.stages.status_api import ApiError

BUCKET_COSTS = f"{OSS_STORAGE.cny:g} CNY a GB and month"
TABLES_COST = f"about {TABLE_STORAGE.cny:.2f} CNY a GB and month"


@dataclass(frozen=True, kw_only=True)
class Going:
    """What goes besides the stack: ``bucket`` with all photos and results, ``tables``, ``models``."""

    bucket: bool = False
    tables: bool = False
    models: bool = False


class Left(NamedTuple):
    """What stays in the account, and what it costs."""

    what: str
    costs: str


def destroy(context: Context, going: Going, confirmed: str = "") -> list[Left]:
    """Remove the stage; ``confirmed`` is its name if it was typed beforehand.

    Raises:
        Refused: the name was not typed.
        StageError: something could not be removed; the same command goes on from there.
    """
    stack = context.stack()
    values = {**context.stage.parameters, **(stack.parameters if stack is not None else {})}
    bucket = values.get("BucketName") or context.names.bucket
    instance = values.get("InstanceName") or context.names.instance
    if stack is None and not (going.bucket or going.tables) and not context.stage.stack_id:
        raise NotStarted(f"there is no stage {context.name} in account {context.caller.account_id}")
    _ask(context, going, stack, bucket, instance, confirmed)
    if stack is not None and stack.is_busy and not stack.status.startswith("DELETE"):
        context.output.step(f"{stack.name} is {stack.status}: waiting for it to end")
        stack = events.follow(
            context.ros, stack.stack_id, context.output, sleep=context.sleep, monotonic=context.monotonic
        )
    if stack is not None and going.models:
        _release_models(context, stack)
    if stack is not None:
        _remove_stack(context, stack)
    _remove_code(context)
    left = _data(context, going, bucket, instance)
    if not going.models:
        left.append(
            Left("the models at DashScope", "nothing; they count against the account's cap of models")
        )
    forget_stage(context.name, context.folder)
    return left


def _ask(
    context: Context, going: Going, stack: Stack | None, bucket: str, instance: str, confirmed: str
) -> None:
    context.output.step(f"This removes stage {context.name} from account {context.caller.account_id}:")
    if stack is not None:
        context.output.say(f"  - the stack {stack.name}, its functions, roles and logs", "red")
    fates = (
        (going.bucket, f"the bucket {bucket} with all photos and results"),
        (going.tables, f"the tables of instance {instance} with all rows"),
        (going.models, "all models that the stage has made, at DashScope"),
    )
    for goes, what in fates:
        if goes:
            context.output.say(f"  - {what}, for ever", "bold red")
        else:
            context.output.say(f"    {what}: stays", "green")
    if stack is not None:
        _warn_of_trainings(context, stack)
    if confirmed == context.name:
        return
    context.output.confirm("", wanted=context.name, yes_is_enough=False)


def _warn_of_trainings(context: Context, stack: Stack) -> None:
    """Say that trainings go on, as far as the stage tells."""
    try:
        running = context.status_api(stack).line()["slot"]["running"]
    except (StageError, KeyError, TypeError):
        return
    if running:
        context.output.say(
            f"  {len(running)} trainings run: they go on at DashScope, and are billed", "yellow"
        )


def _release_models(context: Context, stack: Stack) -> None:
    """Have the stage delete its models at DashScope, which only its functions may."""
    context.output.step("Deleting the models at DashScope")
    api = context.status_api(stack)
    for model in api.models():
        if model.get("released_at"):
            continue
        try:
            outcome = wait_for_request(api, api.release(str(model["job_id"])), context)
        except ApiError as problem:
            raise StageError(
                f"the model of {model.get('person_id')} was not deleted: {problem}",
                "Nothing else has been removed. Try again, or leave out --models.",
            ) from problem
        state = "ok" if outcome in ("released", "released_already") else "warning"
        context.output.mark(state, f"{model.get('finetuned_output')}: {outcome}")


def _remove_stack(context: Context, stack: Stack) -> None:
    context.output.step(f"Deleting the stack {stack.name}")
    if stack.status.startswith("DELETE_IN"):
        left = events.follow(
            context.ros, stack.stack_id, context.output, sleep=context.sleep, monotonic=context.monotonic
        )
    else:
        left = remove(context, stack)
    if left is not None:
        raise events.failure(context.ros, left, "The deletion")
    context.remember(replace(context.stage, stack_id=""))
    context.output.mark("ok", "the stack is gone")


def _remove_code(context: Context) -> None:
    for one in context.layers.versions(context.names.layer):
        context.layers.delete(one.arn)


def _data(context: Context, going: Going, bucket: str, instance: str) -> list[Left]:
    left: list[Left] = []
    if going.tables:
        context.output.step(f"Deleting the tables of {instance}")
        deleted = context.stores.delete_tables(instance)
        context.output.mark("ok", f"deleted: {', '.join(deleted) or 'none was there'}")
        left.append(Left(f"the empty Tablestore instance {instance}", "nothing while it has no tables"))
    else:
        left.append(Left(f"the tables of Tablestore instance {instance}", TABLES_COST))
    if not going.bucket:
        left.append(Left(f"the bucket {bucket} with all photos and results", BUCKET_COSTS))
        return left
    context.output.step(f"Emptying and deleting the bucket {bucket}")
    try:
        gone = context.stores.delete_bucket(
            bucket, lambda count: context.output.say(f"  {count:,} objects deleted")
        )
    except ServiceError as problem:
        if problem.code != "NoSuchBucket":
            raise
        gone = True
    if gone:
        context.output.mark("ok", "the bucket is gone")
    else:
        left.append(
            Left(
                f"the bucket {bucket}, which empties itself within two days",
                f"nothing then; run 'destroy --stage {context.name} --bucket' again to delete it",
            )
        )
    return left
