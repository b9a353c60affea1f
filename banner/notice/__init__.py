"""The notice and the second layer: what is listed, in which language, under which hash."""
