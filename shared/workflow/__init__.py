"""Carries decisions out: reads the world, asks the domain, and calls the clients, one step at a time."""
