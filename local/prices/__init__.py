"""What the services cost (:mod:`~local.prices.table`), and a month (:mod:`~local.prices.estimating`)."""

from local.prices.estimating import Estimate, Item, estimate

__all__ = ["Estimate", "Item", "estimate"]
