"""The keys: their files, what each of them is for, and which one signs the log."""
