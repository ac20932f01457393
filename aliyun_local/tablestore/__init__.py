"""An emulator of Tablestore (OTS), with the wire protocol that the official clients speak.

Sub-packages, each importing only those below it:

- ``http``: the wire. Authentication, dispatch, translation between messages and the store's objects.
- ``store``: the state and the rules of the service, in SQLite. It knows neither HTTP nor requests.
- ``codec``: the formats. Protocol buffers, PlainBuffer, and the values, cells and rows in them.
- ``errors``: the service's errors, which every layer raises.

A request passes through these steps:

1. ``http.responses`` authenticates it by ``http.signatures`` and finds its operation in ``http.operations``.
2. The message class of the operation, in ``codec``, decodes the body.
3. The function of the operation, in one of ``http.*_operations``, decodes the keys, rows and filters in the
   message and calls a method of ``store.models.TableStore``.
4. The store checks the request against the table, reads or writes SQLite, and returns a result.
5. The function encodes the result as the answer's message, and ``http.responses`` signs the answer.

To add an operation, change these files:

1. ``codec/*_messages.py``: the messages of its request and answer, by their published field numbers.
2. ``store/``: a method of the part of the store that it concerns (``definitions``, ``reading``, ``writing``,
   ``local_transactions`` or ``splitting``).
3. ``http/*_operations.py``: the function that translates between the two.
4. ``http/operations.py``: an entry in ``OPERATIONS``, and none in ``REFUSED``.

Two tests cover every operation: ``test_codecs`` compares the messages with the official bindings, and
``test_malformed`` mutates a valid request, which has to be added to its list.
"""
