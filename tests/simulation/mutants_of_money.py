"""Breakages of the promises about money, as mutants: ``mutants.py`` has all others, and plays them."""

from __future__ import annotations

from tests.simulation.mutants import one

_CAPS, _SPENDING, _SLOT = "shared.domain.caps", "shared.domain.spending", "shared.domain.slot"
_APPROVAL, _JOB = "shared.domain.approval", "shared.domain.job"

MUTANTS_OF_MONEY = (
    one(
        "a cap lets one training more through",
        _CAPS,
        "return self.committed_fen + price_fen > self.most_fen",
        "return self.committed_fen > self.most_fen",
    ),
    one(
        "nothing is reserved for a training on its way",
        _SLOT,
        "            spending = settled.with_reserved(job_id, reserved)\n",
        "            spending = settled\n",
    ),
    one(
        "what is reserved does not count under a cap",
        _SPENDING,
        "return spent + sum(one.fen for one in others if any(day.startswith(period) for day in one.days))",
        "return spent",
    ),
    one(
        "a failed training counts as paid",
        _SPENDING,
        "trainings = 1 if billed.trainings is None else max(0, billed.trainings - reserved.before)",
        "trainings = 1",
    ),
    one(
        "a reservation outlives its settlement",
        _SPENDING,
        "return replace(self, reserved=left, settled_jobs=settled_jobs).with_billed(",
        "return replace(self, settled_jobs=settled_jobs).with_billed(",
    ),
    one(
        "nobody looks at what a person has cost",
        _CAPS,
        "return cap if cap.most_fen and cap.is_reached(price_fen) else None",
        "return None",
    ),
    one(
        "trainings that are off go on",
        _CAPS,
        "if rules.trainings is Trainings.OFF:",
        "if False:",
    ),
    one(
        "nobody's word is needed",
        _APPROVAL,
        "return rules.trainings is Trainings.APPROVE and ",
        "return False and ",
    ),
    one(
        "a set that opens again is still approved",
        _JOB,
        "            approved_at=0,\n",
        "",
    ),
    one(
        "who waits for money waits for ever",
        "shared.workflow.retiming",
        "    return job.cleared(rules, now) if is_over else job",
        "    return job",
    ),
)
