"""The signer behind everything that goes to a visitor and has to come back unchanged."""

import hashlib
from collections.abc import Sequence

from itsdangerous import Signer


def signer(secrets: Sequence[bytes], salt: bytes) -> Signer:
    """Signs with the first of *secrets* and reads what any of them has signed; *salt* keeps purposes apart.

    Raises ``ValueError`` where there is no secret.
    """
    if not secrets:
        raise ValueError("a signer needs at least one secret")
    return Signer(
        list(reversed(secrets)),  # itsdangerous signs with the last of its keys
        salt=salt,
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )
