"""The wire of the local DashScope. No state.

A request enters at ``responses``, which authenticates it and finds its operation in ``operations``. The
handler stands in the module of the operation's group: ``fine_tune_responses``, ``file_responses``,
``inference_responses`` (face detection and portraits) or ``task_responses``; signed downloads go to
``download_responses``. Handlers get a ``dashscope_request``, read it by ``parameters`` and ``multipart``, and
answer by ``shapes`` and ``event_stream``. ``api_operations`` lists the vendor's whole API, for the coverage
page.
"""
