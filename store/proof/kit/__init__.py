"""What an auditor takes away: a program that checks an archive without Holdback, and how to check it by hand."""
