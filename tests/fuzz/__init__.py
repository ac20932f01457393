"""Generated requests to the status function: ``python -m tests.fuzz``."""
