"""Which content coding a client takes best (RFC 9110 §12.5.3)."""

from functools import lru_cache

from .headers import Headers, every


def best_accepted(headers: Headers, known: tuple[bytes, ...]) -> bytes | None:
    """The coding, of those that are *known*, for whoever sent *headers*; None where they take none of them.

    *known* has the best first: it decides where a client weighs several alike.
    """
    lines = every(headers, b"accept-encoding")
    return _best(tuple(lines), known) if lines else None


@lru_cache(1024)
def _best(lines: tuple[bytes, ...], known: tuple[bytes, ...]) -> bytes | None:
    weights: dict[bytes, float] = {}
    for line in lines:
        for member in line.lower().split(b","):
            name, _, parameters = member.partition(b";")
            weights[name.strip(b" \t")] = _weight(parameters)
    others = weights.get(b"*", 0.0)
    weighed = [(weights.get(name, others), name) for name in known]
    best = max(weighed, key=lambda each: each[0])  # of equals the first, which is the best
    return best[1] if best[0] > weights.get(b"identity", 0.0) or best[0] == 1.0 else None


def _weight(parameters: bytes) -> float:
    name, _, value = parameters.partition(b"=")
    if name.strip(b" \t") != b"q":
        return 1.0
    try:
        return min(max(float(value.strip(b" \t")), 0.0), 1.0)
    except ValueError:
        return 0.0
