"""Breakages of portraits, as mutants: ``mutants.py`` has all others, and plays them.

Each pays twice, gives a picture to the wrong person, loses one, or tells what is not so.
"""

from __future__ import annotations

from tests.simulation.mutants import one

_SUBMITTING, _STORING = "shared.workflow.portrait_submitting", "shared.workflow.portrait_storing"
_FOLLOWING, _RUN = "shared.workflow.portrait_following", "shared.workflow.portrait_run"
_WORK, _ORDERS = "shared.domain.portrait_work", "shared.domain.portraits"

MUTANTS_OF_PORTRAITS = (
    one(
        "an order is sent before its intent is saved",
        _SUBMITTING,
        "    job, order = _intend(world, job, order, intended, slot), intended\n",
        "    job, order = with_order(job, intended, now), intended\n",
    ),
    one(
        "another program's task is taken for the order's own",
        _SUBMITTING,
        "    if len(unknown) == 1 and unknown[0].key in keys and _is_as_asked(world, unknown[0], order):\n",
        "    if unknown:\n",
    ),
    one(
        "the slot of portraits is released while a task goes on",
        _WORK,
        "if not (order.state.is_at_dashscope or order.state is OrderState.QUEUED)",
        "if order.state is not OrderState.QUEUED",
    ),
    one(
        "pictures are said to be stored that are not",
        _STORING,
        "    world.bucket.write(key, content)\n",
        "    pass\n",
    ),
    one(
        "the result does not tell of portraits",
        _WORK,
        "    if has_ended and not job.erasing_since:\n",
        "    if False:\n",
    ),
    one(
        "what was billed is not settled",
        _WORK,
        "        spending = spending.with_pictures_settled(billed)\n",
        "        spending = replace(spending, portraits=None)\n",
    ),
    one(
        "a failed task counts as billed",
        _ORDERS,
        "counted = replace(self._in(OrderState.GENERATING, OrderState.GENERATING), failures=failures)",
        "counted = replace(self._in(OrderState.GENERATING, OrderState.GENERATING), failures=failures, "
        "billed=self.billed + self.wanted.pictures)",
    ),
    one(
        "a person's rows go while portraits are made of them",
        "shared.workflow.erasing",
        "            waits_for = TRAINING if are_going(world, marked) else waits_for\n",
        "            are_going(world, marked)\n",
    ),
    one(
        "nothing is reserved for portraits",
        _WORK,
        "        spending = replace(spending, portraits=reserved)\n",
        "        spending = replace(spending, portraits=None)\n",
    ),
    one(
        "a model's portraits are never asked for",
        "shared.workflow.training",
        "    return with_wanted(job, world.rules.portraits, world.clock.now())\n",
        "    return job\n",
    ),
)
