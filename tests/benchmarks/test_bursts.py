"""The bench of bursts: the bars hold, and a burst in which nothing is recorded is noticed."""

from __future__ import annotations

from statistics import mean

from aliyun_local.template import Template
from local.deployment import TEMPLATE
from tests.benchmarks.bursts import INSTANCES, OPERATIONS_BAR, SECONDS_BAR, played

DRAWS = range(8)


def test_ten_photos_at_the_same_moment_cost_few_operations_and_have_their_verdicts_soon() -> None:
    assert mean(played(draw)[0] for draw in DRAWS) <= OPERATIONS_BAR
    assert max(played(draw)[1] for draw in DRAWS) <= SECONDS_BAR
    # A row is read for each photo, and written at least once.
    assert min(played(draw)[0] for draw in DRAWS) > 1


def test_the_burst_meets_as_many_instances_as_the_template_gives() -> None:
    limit = Template.from_file(TEMPLATE).document["Resources"]["CollectConcurrency"]
    assert limit["Properties"]["ReservedConcurrency"] == INSTANCES
