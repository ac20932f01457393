"""Decisions, pure: observed state in, new state or actions out. No I/O, no clock, no randomness."""
