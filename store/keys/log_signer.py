"""Which key signs the checkpoints. The log says so itself; the key file only holds the keys.

What the log says is read in the transaction that appends, so a rotation takes effect between two batches, in every
process at once. A worker that does not hold the key yet reads the file again.
"""

from pathlib import Path

from sqlalchemy import Connection

from ..engine import facts
from ..engine.errors import StoreUnavailable
from ..proof.key_chain import ROTATIONS, Chain, Link, follow
from ..proof.notes import BadNote, NoteSigner, Verifier
from .files import BadKeys
from .keyring import LOG_KEY, log_signers

FIRST, SIGNING = "verifier", "signing"
"""Facts: the verifier of the key that the log began with, and of the one that signs, where it is another."""


class Signing:
    """The keys in the data folder *data*. *first* is the verifier that the log began with, once it is known."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._known: dict[str, NoteSigner] = {}
        self._followed = ""
        self.first: Verifier | None = None

    def begin(self, connection: Connection) -> NoteSigner:
        """The signer in force; a new log gets the first key of the file. Raises :class:`StoreUnavailable`."""
        if facts.get(connection, FIRST) is None:
            facts.put(connection, FIRST, str(log_signers(self._data)[0].verifier))
        try:
            self.first = Verifier.parse(facts.get(connection, FIRST) or "")
        except BadNote as error:
            raise _not_said(error) from error
        return self.in_force(connection)

    def in_force(self, connection: Connection) -> NoteSigner:
        """The signer of the next checkpoint, see :meth:`named`."""
        return self.named(connection, signing(connection))

    def named(self, connection: Connection, named: str) -> NoteSigner:
        """The signer with the verifier *named*, which the log behind *connection* says is in force.

        Raises :class:`StoreUnavailable` where the file does not hold the key, and where the exchanges of the key lead
        to another: whoever has the database could name it, and all that it signs would be refused for ever.
        """
        if named != self._followed:
            if (newest := str(chain_in_force(connection).newest)) != named:
                raise StoreUnavailable(
                    f"checkpoints are signed by {newest}, and the log names {named}: that was changed"
                )
            self._followed = named
        if named not in self._known:
            self._read()
        if named not in self._known:
            raise StoreUnavailable(f"checkpoints are signed by {named}, whose key {LOG_KEY} does not hold")
        return self._known[named]

    def _read(self) -> None:
        try:
            if not (self._data / LOG_KEY).exists():
                raise BadKeys(f"{self._data / LOG_KEY} is missing")
            self._known = {str(signer.verifier): signer for signer in log_signers(self._data)}
        except BadKeys as error:
            raise StoreUnavailable(str(error)) from error


def chain_of(connection: Connection, known: Verifier | None = None) -> Chain:
    """The keys that sign the log, one of which is *known*. Raises :class:`BadNote`."""
    named = facts.get(connection, FIRST)
    first = Verifier.parse(named) if named is not None else known
    if first is None:
        raise BadNote("the log does not say whose signature counts: give the verifier key")
    return follow(first, map(Link.parse, rotations(connection))).holding(known)


def signing(connection: Connection) -> str:
    """The verifier of the key that signs, as the log has it; empty where it says nothing."""
    return facts.get(connection, SIGNING) or facts.get(connection, FIRST) or ""


def chain_in_force(connection: Connection) -> Chain:
    """The same, to go on with the log by it. Raises :class:`StoreUnavailable`."""
    try:
        return chain_of(connection)
    except BadNote as error:
        raise _not_said(error) from error


def _not_said(error: BadNote) -> StoreUnavailable:
    return StoreUnavailable(f"the log does not say by which keys it is signed: {error}")


def rotations(connection: Connection) -> list[str]:
    """Every rotation of the log's key as a line of JSON (:class:`..proof.key_chain.Link`), oldest first."""
    return list(facts.below(connection, ROTATIONS))
