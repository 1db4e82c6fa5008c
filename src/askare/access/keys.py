"""The key that signs this node's tokens, and the public keys of all nodes.

The private half never leaves `<data>/keys/signing.pem`.  The public half is published in the database, so that the
nodes on one PostgreSQL accept each other's tokens.
"""

from __future__ import annotations

import os
import stat
import tempfile
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from joserfc.util import urlsafe_b64encode

from askare.access import store
from askare.kernel.endings import Ending
from askare.storage.transactions import Transaction

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

KEY_FILE = Path("keys") / "signing.pem"  # in the data folder
ALGORITHM = "ES256"
CURVE = "P-256"
COORDINATE_BYTES = 32
PUBLISHED_MAX = 1_000  # one key a data folder: even a thousand means that folders are thrown away


class BadKeyFile(Ending):
    """The private key cannot be used as it lies there; the message says what to do."""


class SigningKey:
    """A private key and its id, the RFC 7638 thumbprint of the public half.

    Every start reads one, so that much is done without joserfc: it loads certificates and all other kinds of keys.
    """

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        point = private.public_key().public_numbers()
        # What RFC 7638 (3.2) makes the thumbprint of, in its order.
        self._required = {"crv": CURVE, "kty": "EC", "x": _coordinate(point.x), "y": _coordinate(point.y)}
        self.key_id = urlsafe_b64encode(sha256(msgspec.json.encode(self._required)).digest()).decode()

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public half as a JSON Web Key."""
        return {**self._required, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}

    @property
    def pem(self) -> bytes:
        """The private half, as it is kept."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @cached_property
    def private(self) -> ECKey:
        """The private half, ready to sign tokens with."""
        from joserfc.jwk import ECKey  # loaded with the first JSON Web Token: many servers never see one

        return ECKey.import_key(self.pem)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


def signing_key(data: Path) -> SigningKey:
    """The signing key of this data folder, made when there is none.  Raises BadKeyFile."""
    file = data / KEY_FILE
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(file.parent, file.parent.stat(), "700")
        if not file.exists():
            _make(file)
    except OSError as error:
        raise BadKeyFile(f"{error.filename or file}: {error.strerror}") from error
    return present_signing_key(data)


def present_signing_key(data: Path) -> SigningKey:
    """The signing key as it lies in this data folder; nothing is made.  Raises BadKeyFile."""
    file = data / KEY_FILE
    try:
        _require_private(file.parent, file.parent.stat(), "700")
        with file.open("rb") as opened:
            _require_private(file, os.fstat(opened.fileno()), "600")
            pem = opened.read()
    except OSError as error:
        raise BadKeyFile(f"{error.filename or file}: {error.strerror}") from error
    return SigningKey(_read(file, pem))


def publish(tx: Transaction, key: SigningKey, *, now: datetime) -> None:
    """Let every node know the public half."""
    store.insert_public_key(tx, key.key_id, msgspec.json.encode(key.public_jwk).decode(), created_at=now)


def withdraw(tx: Transaction, key_id: str) -> bool:
    """Believe this key no more: its tokens are dead within a minute.  Returns whether it was published.

    A node publishes its key at every start, so the key file must go first.
    """
    return store.delete_public_key(tx, key_id)


def jwks(tx: Transaction) -> dict[str, list[dict[str, Any]]]:
    """The JWKS document (RFC 7517) of all nodes' public keys."""
    return {"keys": [msgspec.json.decode(jwk) for jwk in store.public_keys(tx, limit=PUBLISHED_MAX)]}


@lru_cache(maxsize=100)
def public_key(public_jwk: str) -> ECKey:
    """A published key, ready to check signatures with."""
    from joserfc.jwk import ECKey  # as above

    return ECKey.import_key(msgspec.json.decode(public_jwk))


def _make(file: Path) -> None:
    """Write a new key so that the file is there whole or not at all, and never twice.

    A link, unlike a rename, fails when the name is taken: of two processes that start at once, the second takes
    the first one's key.
    """
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix="signing.", suffix=".new")  # mode 600, O_EXCL
    try:
        with open(handle, "wb") as opened:  # noqa: PTH123  -- a file descriptor
            opened.write(SigningKey.generate().pem)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(temporary, file)
        except FileExistsError:
            return
        _flush_folder(file.parent)
    finally:
        Path(temporary).unlink()


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_private(path: Path, status: os.stat_result, mode: str) -> None:
    if status.st_uid != os.geteuid():
        raise BadKeyFile(
            f"{path} belongs to user {status.st_uid}, but Askare runs as user {os.geteuid()}.  "
            f"Run: chown -R {os.geteuid()} {path}"
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise BadKeyFile(f"{path} can be reached by other users of this machine.  Run: chmod {mode} {path}")


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(COORDINATE_BYTES, "big")).decode()


def _read(file: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
            return key
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # not even a key; and what the library says of it may quote the file
    raise BadKeyFile(
        f"{file} is not a private {CURVE} key.  Put it back from a backup, or move it away: a new key is then made at "
        "the next start, and everybody signs in again."
    )
