"""Rows as an Apache Parquet file, for programs that analyse."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import IO, Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

_GROUP = 20_000
"""Rows that are held in memory together, and lie together in the file."""


def write(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], times: Sequence[str], file: IO[bytes]
) -> int:
    """Write *rows* to *file*; how many there were. All *columns* are text, what is nested as JSON, but for *times*."""
    moment = pa.timestamp("ms", tz="UTC")
    schema = pa.schema([(name, moment if name in times else pa.string()) for name in columns])
    count = 0
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for some in batched(rows, _GROUP):
            table = {name: pa.array([_cell(row.get(name)) for row in some], pa.string()) for name in columns}
            for name in times:
                table[name] = table[name].cast(moment)
            writer.write_table(pa.table(table, schema))
            count += len(some)
    return count


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        # Half a character that a page has sent has no place in UTF-8.
        return None if value is None else value.encode("utf-8", "replace").decode()
    return json.dumps(value, ensure_ascii=True)
