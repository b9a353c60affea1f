"""Addresses of databases, read without their drivers, and told without what is secret in them."""

from urllib.parse import urlsplit

_POSTGRES = ("postgresql", "postgres")
_CLICKHOUSE = ("clickhouse", "clickhouses")
EMBEDDED = "chdb"
"""The scheme of ClickHouse as a library, in a folder that one process at a time may use: for tests."""


def server_of(url: str) -> str:
    """*url* without what is secret in it. Raises ``ValueError`` where it is not that of a PostgreSQL database."""
    if urlsplit(url).scheme not in _POSTGRES or not _database(url):
        raise ValueError("not the address of a PostgreSQL database")
    return _told(url, "postgresql")


def clickhouse_server(url: str) -> str:
    """*url* without what is secret in it. Raises ``ValueError`` where it is not that of a ClickHouse server."""
    scheme = urlsplit(url).scheme
    if scheme not in _CLICKHOUSE or not _database(url) or not urlsplit(url).hostname:
        raise ValueError("not the address of a ClickHouse database")
    return _told(url, scheme)


def is_clickhouse(url: str) -> bool:
    """Whether *url* is that of a ClickHouse database, or is meant to be."""
    return urlsplit(url).scheme in (*_CLICKHOUSE, EMBEDDED)


def _database(url: str) -> str:
    return urlsplit(url).path.strip("/")


def _told(url: str, scheme: str) -> str:
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return f"{scheme}://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"
