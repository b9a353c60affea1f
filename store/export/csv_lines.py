"""Lines of CSV that a spreadsheet can be trusted with."""

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any


def as_csv(rows: Iterator[dict[str, Any]], heading: Sequence[str] = ()) -> Iterator[str]:
    """Lines of CSV (RFC 4180), a heading first; nested values are JSON. A cell can't be taken for a formula.

    *heading* names the columns; without it, they are those of the first row.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(rows):
        if not number:
            heading = heading or list(row)
            writer.writerow(heading)
        writer.writerow([_cell(row.get(name)) for name in heading])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cell(value: object) -> str:
    """Spreadsheets run a cell that begins like a formula; a quote before it keeps it text (OWASP, CSV injection)."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
