"""Ways to bring people through the training slot: ours and the peers', on the same simulated account."""

import logging

# Which codec it has found is the tablestore client's first word, for every process that imports it.
logging.getLogger("tablestore").addHandler(logging.NullHandler())
