"""The consent log: what a record is, how it is appended, read, erased and verified."""
