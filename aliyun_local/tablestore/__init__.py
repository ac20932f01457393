"""Tablestore (OTS): wide-column tables over the wire protocol that the official clients speak."""
