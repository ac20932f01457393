"""Breakages of the promises about consent, as mutants: ``mutants.py`` has all others, and plays them."""

from __future__ import annotations

from tests.simulation.mutants import one

_ASKING, _DOCUMENT = "shared.workflow.consenting", "shared.domain.consent"

MUTANTS_OF_CONSENT = (
    one(
        "photos are checked without consent",
        _ASKING,
        "    why = why_not(world, job)\n    if why:\n",
        "    why = why_not(world, job)\n    if False:\n",
    ),
    one(
        "a set is submitted without consent",
        "shared.workflow.submitting",
        "    if not world.rules.consent_required:\n",
        "    if True:\n",
    ),
    one(
        "the row decides, and not the document",
        _ASKING,
        "        return judged(document, job.person_id, job.consent, world.clock.now())\n",
        "        return job.consent or judged(document, job.person_id, None, world.clock.now())\n",
    ),
    one(
        "a consent never ends",
        _DOCUMENT,
        'return EXPIRED if self.until and self.until <= now else ""',
        'return ""',
    ),
    one(
        "another person's consent counts",
        _DOCUMENT,
        '    if person_of(_word(value, "person_id")) != person_id:\n',
        "    if False:\n",
    ),
    one(
        "nobody asks for the guardian of a child",
        _DOCUMENT,
        "    if is_under_14 and not has_guardian:\n",
        "    if False:\n",
    ),
    one(
        "a withdrawal erases nobody",
        "shared.workflow.withdrawing",
        "        world.requests.ring(asked)\n",
        "        pass\n",
    ),
    one(
        "a withdrawal without photos erases nobody",
        _ASKING,
        "    if consent.is_withdrawn:\n        ask_to_erase(world, person_id, consent)\n",
        "",
    ),
    one(
        "the sweep overlooks consents",
        "shared.workflow.sweep",
        "    return is_news(found, latest)\n",
        "    return False\n",
    ),
)
