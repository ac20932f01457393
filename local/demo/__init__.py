"""``make demo``: sample people, uploaded as users would, followed until every one is trained, and checked."""
