"""The wire of the emulator: from an HTTP request to the store and back. It has no state of the service.

- ``responses``: the service that a server runs. It authenticates, dispatches and signs.
- ``signatures``: signatures of requests and answers.
- ``operations``: the operations by name.
- ``table_operations``, ``read_operations``, ``write_operations``, ``transaction_operations``: one function
  for each operation, from the request's message to the answer's message.
- ``filters``: the parser of filters and conditions in requests.
- ``answers``: parts that several answers share.
"""
