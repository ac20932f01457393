"""DashScope (Model Studio), emulated: fine-tunes, training files, face detection and portraits of FaceChain.

``http`` holds the wire and no state, ``account`` the state and its rules and no wire, ``pictures`` everything
about the photos themselves; each imports only the ones after it, and ``errors`` is shared by all.

A request travels so: :mod:`aliyun_local.serving` hands it to ``http/responses.py``, which checks the API key,
finds the operation in ``http/operations.py`` and calls its handler in one of the ``http/…_responses.py``. The
handler reads the parameters, calls ``account/models.py`` and its parts, and gives the result the service's
form (``http/shapes.py``). A refusal is a ``ServiceError`` on the way back.

To add an operation: a row in ``http/operations.py`` (and in ``http/api_operations.py``, if the name is new),
a handler in the ``…_responses.py`` of its group, and its rules in ``account``. To add an error code: a row in
``errors.py``. To answer an open question of the service's documents: a switch in ``account/behaviour.py``.
"""
