"""A sealed file: a tar in an age archive (age-encryption.org), so that it can be opened without Amble.

    age --decrypt -i KEY FILE | tar x

The machine that makes backups knows only the public half of the key: who steals it reads no older backup.
"""

import errno
import math
import os
import shutil
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import pyrage

from config.embedded import CannotStart

NONCE, CHUNK, TAG = 16, 65_536, 16  # bytes of age's format: the payload's head, and each piece with its tag


def new_key() -> str:
    """A new key as the text of its file, like age-keygen's: the public half in a comment."""
    identity = pyrage.x25519.Identity.generate()
    return (
        f"# Keep this file away from the machine that makes backups: it opens all of them.\n"
        f"# BACKUP_RECIPIENT={identity.to_public()}\n{identity}"
    )


def public_half() -> pyrage.x25519.Recipient:
    """What BACKUP_RECIPIENT says. Raises CannotStart."""
    text = os.environ.get("BACKUP_RECIPIENT", "")
    if not text:
        raise CannotStart(
            "BACKUP_RECIPIENT is not set: `make backup-key` makes a key. Put its public half into .env and keep "
            "the secret half away from this machine."
        )
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise CannotStart(
            f"BACKUP_RECIPIENT is not the public half of an age key ({error}): `make backup-key` makes one."
        ) from error


def secret_half(file: Path) -> pyrage.x25519.Identity:
    """The key in a file of `new_key` or age-keygen. Raises CannotStart."""
    try:
        lines = file.read_text().splitlines()
        return pyrage.x25519.Identity.from_str(
            next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-"))
        )
    except OSError as error:
        raise CannotStart(f"The key {file} cannot be read ({error.strerror}).") from error
    except (StopIteration, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CannotStart(f"{file} does not hold the secret half of an age key.") from error


@contextmanager
def scratch(data: Path) -> Iterator[Path]:
    """A private folder on the disk of the data. What a killed process left of one is gone after a day."""
    for left in data.glob(".scratch-*"):
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(dir=data, prefix=".scratch-") as name:
        yield Path(name)


def seal(folder: Path, file: Path, key: pyrage.x25519.Recipient) -> None:
    """All files of `folder`, sealed as `file`, which is there whole or not at all. `folder` is empty then.

    Nothing that can be read is ever where `file` is: that may be a disk of somebody else. Raises CannotStart.
    """
    archive, part = folder / "archive.tar", file.with_name(f".{file.name}.part")
    with tarfile.open(archive, "w") as tar:
        for each in sorted(set(folder.iterdir()) - {archive}):
            tar.add(each, each.name)
            each.unlink()
    try:
        pyrage.encrypt_file(str(archive), str(part), [key])
        with part.open("rb") as written:
            if _sealed_bytes(written) != archive.stat().st_size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(written.fileno())
        part.rename(file)
    except (OSError, pyrage.EncryptError) as error:
        part.unlink(missing_ok=True)
        raise CannotStart(
            f"The backup could not be written to {file.parent} ({error}): make room there, or name "
            "another folder."
        ) from error
    archive.unlink()


def _sealed_bytes(part: BinaryIO) -> int:
    """How many bytes are in an age file (age-encryption.org/v1): pyrage keeps to itself that the last had no room."""
    for line in part:
        if line.startswith(b"--- "):  # the end of its header
            break
    payload = os.fstat(part.fileno()).st_size - part.tell() - NONCE
    return payload - TAG * math.ceil(payload / (CHUNK + TAG))


def unseal(file: Path, key: pyrage.x25519.Identity, names: Iterable[str], to: Path) -> None:
    """The files `names` of a sealed one, in the folder `to`: all of them, before anything else is touched.

    A file cut short fails here. Raises CannotStart.
    """
    archive = to / "archive.tar"
    try:
        pyrage.decrypt_file(str(file), str(archive), [key])
        with tarfile.open(archive) as tar:
            for name in names:
                _unpack(tar, name, to / name)
    except (OSError, KeyError, tarfile.TarError, pyrage.DecryptError) as error:
        raise CannotStart(
            f"{file} cannot be restored ({error}): it is damaged, cut short, of another key, or no backup. "
            "Nothing was changed."
        ) from error
    archive.unlink()


def _unpack(tar: tarfile.TarFile, name: str, to: Path) -> None:
    """Its bytes, for nobody else to read. `extract` has no safe way before Python 3.11.4, and Debian 12 has 3.11.2."""
    packed = tar.extractfile(name)
    if packed is None:
        raise tarfile.ExtractError(f"{name} is not a file")
    to.touch(mode=0o600)
    with packed, to.open("wb") as file:
        shutil.copyfileobj(packed, file)
