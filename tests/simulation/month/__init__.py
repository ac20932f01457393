"""A month of many people in virtual time: what is held, what it takes, and what it costs."""
