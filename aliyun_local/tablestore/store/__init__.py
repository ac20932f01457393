"""The state and the rules of the emulated service. They know neither HTTP nor the messages of requests.

``models.TableStore`` is the whole store; ``http`` calls its methods. It combines parts with the common base
class ``storage.Storage``:

- ``definitions``: instances, tables and indexes.
- ``reading``: reads of rows and ranges. A ``selection`` chooses the columns and versions to return.
- ``writing``: writes of rows. ``writes`` computes the row that a write leaves.
- ``local_transactions``: start, commit, abort. ``open_transactions`` keeps uncommitted rows and locks.
- ``splitting``: split points for parallel reads.

The parts use these modules:

- Rows: ``rows`` (versions), ``filters`` with ``extractions``, ``sizes`` (capacity units), ``results``.
- Definitions: ``schema``, ``schema_checks``, ``partitions``.
- Checks of requests: ``row_checks``.
- SQL: ``catalog`` (instances and definitions), ``row_tables`` (rows under sortable ``keys``), ``indexes``
  (index rows and their queue), ``counters`` (automatic numbers). No other module contains SQL.

Times have their unit in the name: ``now_ms`` and ``..._at_ms`` are milliseconds since the Unix epoch, like
the versions of cells. The times of reserved throughput are seconds, as in the protocol.
"""
