"""The state of a local DashScope account: fine-tunes, files and portrait tasks, with their limits. No HTTP.

- ``models``: the account as a whole, and the operations on fine-tunes. It hands a new fine-tune to
  ``submission`` and makes all due moves by ``scheduling``; ``fine_tunes`` knows the moves,
  ``fine_tune_ledger`` the rows, ``training_files`` the photos and ``training_log`` the log.
- ``portrait_studio``: the portrait tasks; ``tasks`` knows the moves, ``task_ledger`` the rows.
- ``files``: uploaded files. ``downloads``: signed URLs for files and portraits. ``face_detection``.
- ``work`` and ``records``: the common parts of fine-tunes and tasks, and of all rows.
- ``behaviour``: the account's limits and switches. ``rate_limiter``: limits in calls per second.
"""
