"""Stacks, and the operations on them. No wire here.

``models`` is the service as a whole, on the checks of ``checking``. ``records`` has the values, ``store``
keeps them in SQLite, ``templates`` reads what a call brings, ``planning`` compares it with what is deployed,
``operations`` carries changes out on the threads of ``workers``, ``failures`` makes resources fail for tests,
``change_sets`` has the changes that wait for their execution.
"""
