"""A program that checks every promise and prints the results as JSON. ``clients`` runs it in other Pythons.

The result of a promise is ``null`` if it is kept, and otherwise the traceback.
"""

from __future__ import annotations

import json
import sys
import traceback
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tests.contracts.tablestore_client.contract import everything

url, options = sys.argv[1], json.loads(sys.argv[2])
case = everything.Case(url, **options)
outcomes: dict[str, str | None] = {}
for name in everything.promises_for(everything.CLIENT_VERSION):
    try:
        case.keep(name)
    except Exception:
        outcomes[name] = traceback.format_exc()
    else:
        outcomes[name] = None
print(json.dumps({"client": everything.CLIENT_VERSION, "outcomes": outcomes}))
