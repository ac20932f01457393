"""The bytes of Tablestore's protocol, and the values, filters and messages that they stand for."""
