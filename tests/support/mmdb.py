"""Writes small databases of the MaxMind DB format 2.0, of any record shape, for tests of what reads them."""

from ipaddress import ip_network
from pathlib import Path

type Value = str | int | dict[str, Value] | list[Value]

_MARK = b"\xab\xcd\xefMaxMind.com"
_TEXT, _UINT32, _MAP, _LIST = 2, 6, 7, 11


def write_mmdb(file: Path, networks: dict[str, Value], ip_version: int = 6) -> Path:
    """A database in *file* with a record for each of *networks*; IPv4 ones lie under ``::/96``."""
    tree: list[list[int | bytes | None]] = [[None, None]]
    for network, value in networks.items():
        _insert(tree, _bits(network, ip_version), _encoded(value))
    data, nodes = b"", b""
    for node in tree:
        for side in node:
            if isinstance(side, bytes):
                nodes += (len(tree) + 16 + len(data)).to_bytes(4)
                data += side
            else:
                nodes += (len(tree) if side is None else side).to_bytes(4)
    about: Value = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "database_type": "Test",
        "ip_version": ip_version, "languages": [], "node_count": len(tree), "record_size": 32, "description": {},
    }  # fmt: skip
    file.write_bytes(nodes + bytes(16) + data + _MARK + _encoded(about))
    return file


def _bits(network: str, ip_version: int) -> list[int]:
    parsed = ip_network(network)
    width = 32 if ip_version == 4 else 128
    length = parsed.prefixlen + (96 if parsed.version == 4 and ip_version == 6 else 0)
    address = int(parsed.network_address)
    return [address >> (width - 1 - at) & 1 for at in range(length)]


def _insert(tree: list[list[int | bytes | None]], bits: list[int], record: bytes) -> None:
    node = 0
    for bit in bits[:-1]:
        below = tree[node][bit]
        if not isinstance(below, int):
            below = len(tree)
            tree.append([None, None])
            tree[node][bit] = below
        node = below
    tree[node][bits[-1]] = record


def _encoded(value: Value) -> bytes:
    if isinstance(value, str):
        return _head(_TEXT, len(value.encode())) + value.encode()
    if isinstance(value, int):
        return _head(_UINT32, 4) + value.to_bytes(4)
    if isinstance(value, dict):
        return _head(_MAP, len(value)) + b"".join(_encoded(key) + _encoded(value[key]) for key in value)
    return _head(_LIST, len(value)) + b"".join(map(_encoded, value))


def _head(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
