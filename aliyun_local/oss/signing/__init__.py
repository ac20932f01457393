"""The three signatures of OSS requests, and the check that a request carries a valid one."""
