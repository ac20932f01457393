"""Breakages of erasures, as mutants: ``mutants.py`` has all others, and plays them.

Each leaves something of whoever is erased, brings it back, or takes what is the next person's.
"""

from __future__ import annotations

from tests.simulation.mutants import one

_ERASING, _FORGOTTEN = "shared.workflow.erasing", "shared.workflow.forgotten"
_STORES, _ROWS = "shared.workflow.erasing_stores", "shared.workflow.erasing_rows"

MUTANTS_OF_ERASURES = (
    one(
        "a later erasure does not know how far the revisions went",
        "shared.workflow.erasing",
        "    if tombstone.revision < work.erasure.last_revision:",
        "    if False:",
    ),
    one(
        "what a clock has remembered that was ahead stays",
        "shared.clients.seen_table",
        'if not is_later(row.get("at", 0), until)]',
        'if row.get("at", 0) <= until]',
    ),
    one(
        "a fine-tune that is not found counts as deleted",
        "shared.workflow.erasing_stores",
        "        if any(one.fine_tune_id == fine_tune_id for one in read_whole_list(world)):",
        "        if False:",
    ),
    one(
        "a set is opened for a name that is being erased",
        _FORGOTTEN,
        "    if not tombstone.is_done:\n        raise BeingErased\n    # No path",
        "    # No path",
    ),
    one(
        "an erasure does not wait for the end of the training",
        _ERASING,
        "            waits_for = TRAINING\n",
        "            waits_for = ''\n",
    ),
    one(
        "results of the erased stay",
        _STORES,
        "        yield RESULTS_PREFIX, person_results(folder), is_result\n",
        "",
    ),
    one(
        "snapshots of the erased stay",
        _STORES,
        '        yield SUBMISSIONS_PREFIX, f"{SUBMISSIONS_PREFIX}{key}-", is_snapshot\n',
        "        pass\n",
    ),
    one(
        "a fine-tune is said to be deleted and is not",
        _STORES,
        "        world.dashscope.delete_fine_tune(fine_tune_id)\n",
        "        pass\n",
    ),
    one(
        "what was remembered of uploads stays",
        _ROWS,
        '        removed["memory"] += world.seen.forget(key, until=removal.began)\n',
        "        pass\n",
    ),
    one(
        "uploads of the next person go too",
        _STORES,
        "        is_old = stored_at <= erasure.erased_before\n",
        "        is_old = True\n",
    ),
    one(
        "what came while somebody was erased is looked for by nobody",
        _ERASING,
        "    leave_to_sweep(work.world, removal.kept_in)\n",
        "",
    ),
    one(
        "the totals name the erased",
        _ROWS,
        "    if stored.version and left != totals:\n",
        "    if False:\n",
    ),
    one(
        "the request keeps the name",
        _ERASING,
        "    if all(one.name for one in remains):\n        work.forget_name()\n",
        "",
    ),
    one(
        "the ledger names the erased",
        _ROWS,
        "    settled = _settled_jobs(rows.slot, person, erasure, removal)\n",
        "    settled: list[str] = []\n",
    ),
)

MUTANTS_OF_ERASED_MESSAGES = (
    one(
        "the outbox of the erased stays",
        _ROWS,
        "    return sum(world.outboxes().forget(key, erasure.last_revision) for key in person.keys)\n",
        "    return 0\n",
    ),
    one(
        "the deliveries name the erased",
        _ROWS,
        "    if stored.version and left != stored.value:\n",
        "    if False:\n",
    ),
)
"""Of those who are told of, which takes somebody who listens."""
