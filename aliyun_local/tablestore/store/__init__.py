"""What the local Tablestore keeps: instances, tables, rows, indexes and transactions. No HTTP here."""
