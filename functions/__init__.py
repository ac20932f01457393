"""One module a function: parse the event, call ``shared``, shape the answer.

A cold start makes some ten thousand objects that stay, and Python's collector of reference cycles would look
through them 60 times on the way, 5 ms in all. It looks less often here: what an invocation leaves behind in
cycles is little, and everything else goes as soon as nobody refers to it (Python, ``gc.set_threshold``).
"""

import gc

OBJECTS_BEFORE_A_LOOK = 20_000
"""Python begins to look after 700. So many objects in cycles hold a few megabytes at most."""

gc.set_threshold(OBJECTS_BEFORE_A_LOOK)
