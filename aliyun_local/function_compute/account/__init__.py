"""The functions, triggers, layers and domains that calls create, beside those of a template. No wire here.

``models`` is the account as a whole; its parts are ``functions``, ``triggers``, ``configs``, ``layers`` and
``domains``, all on ``records``, which keeps them as the documents that the API of 2023-03-30 writes.
``packages`` keeps code. ``views`` reads the documents into the types that the running functions need.
"""
