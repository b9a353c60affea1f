"""Addresses of PostgreSQL databases, read without the driver."""

from urllib.parse import urlsplit

_SCHEMES = ("postgresql", "postgres")


def server_of(url: str) -> str:
    """*url* without what is secret in it. Raises ``ValueError`` where it is not that of a PostgreSQL database."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.path.strip("/"):
        raise ValueError("not the address of a PostgreSQL database")
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return f"postgresql://{user}{host}{parts.path}"
