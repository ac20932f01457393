"""``make screenshots``: the pictures that README and docs show, taken of a real run on the local cloud."""
