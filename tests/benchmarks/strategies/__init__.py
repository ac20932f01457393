"""Strategies that bring people through the training slot, on the same simulated account.

``ours`` is the product. ``polling`` and ``waiting`` are its peers, on the common ``peers``. ``account`` is
the account, with ``metering`` of its Tablestore. ``workloads`` has the arrivals and the durations;
``campaign`` runs every strategy through every workload, and ``figures`` measures the outcome.
"""

import logging

# The tablestore client logs at its import which codec it has found, in every process.
logging.getLogger("tablestore").addHandler(logging.NullHandler())
