"""The log as others read it: lines, linked data, an archive, and what a breach would lay open."""
