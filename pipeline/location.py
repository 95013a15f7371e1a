"""Location: a workspace's folder on a disk or in object storage, how files are written there, and why that fails."""

import errno
import logging
import os
import re
import shutil
import tempfile
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from pipeline.errors import brief

log = logging.getLogger("callgrade")
PARTIAL = ".partial"
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)
OS_ERROR = r"(?:os error|code:) (\d+)"  # the Delta library gives the number of a system's error in its message only
KEYS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound")


class StoreError(OSError):
    """The workspace cannot be used: one sentence on why and what would help."""


def place(workspace: str) -> Path:
    """The folder of a workspace: a path, or in object storage an object that behaves like one and caches no listing.

    Raises StoreError where it cannot be a workspace, or a package is missing.
    """
    if "://" not in workspace or workspace.startswith("file://"):
        return Path(workspace.removeprefix("file://")).absolute()
    with reached(workspace):
        from upath import UPath

        folder = UPath(workspace.rstrip("/"), use_listings_cache=False)
        loop = getattr(folder.fs, "loop", None)
        if loop:
            loop.set_exception_handler(_left_behind)
    return cast(Path, folder)


def _left_behind(_: AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep to the log what a request left behind when its line was cut: who waits for the request is told of it."""
    log.debug("object storage: %s", context.get("exception") or context["message"])


def is_remote(path: Path) -> bool:
    """Whether a path lies in object storage."""
    return not isinstance(path, Path)


def own_text(workspace: str, name: str) -> str | None:
    """Read a file that people may put into a workspace; None without it. Raises StoreError, UnicodeDecodeError."""
    with reached(workspace):
        try:
            return (place(workspace) / name).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError) as error:
            if _code(error) == "NoSuchBucket":
                raise
            return None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone; make its folder if need be."""
    if is_remote(path):
        path.write_bytes(content)  # one put
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:50]}.", suffix=PARTIAL)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def remove_folder(path: Path) -> None:
    """Remove a folder with all that is in it, where there is one."""
    if not path.exists():
        return
    if is_remote(path):
        path.rmdir(recursive=True)  # type: ignore[call-arg]  # not a pathlib.Path
    else:
        shutil.rmtree(path)


def table_options(workspace: str) -> dict[str, str]:
    """The options for S3 of the libraries that read tables: the credentials that fsspec finds, region and endpoint.

    Raises StoreError where there are no credentials.
    """
    if not workspace.startswith("s3://"):
        return {}
    with reached(workspace):
        from botocore.exceptions import NoCredentialsError

        credentials = _session().get_credentials()  # renews what expires
        if credentials is None:
            raise NoCredentialsError
        key = credentials.get_frozen_credentials()
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    options = {
        "aws_access_key_id": key.access_key,
        "aws_secret_access_key": key.secret_key,
        "aws_session_token": key.token,
        "aws_region": os.environ.get("AWS_REGION") or _session().get_config_variable("region"),
        "aws_endpoint_url": endpoint,
        "allow_http": "true" if endpoint.startswith("http://") else "",
    }
    return {name: value for name, value in options.items() if value}


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@contextmanager
def reached(workspace: str) -> Iterator[None]:
    """Turn an error of object storage into a StoreError that says why it cannot be used."""
    try:
        yield
    except Exception as error:
        reason = _why(error)
        if "://" not in workspace or reason is None:
            raise
        raise StoreError(f"{workspace}: {reason}") from error


@contextmanager
def writing(workspace: str, *library_errors: type[Exception], other: str = "--workspace") -> Iterator[None]:
    """Say in a sentence that a disk is full or locked, or why object storage cannot be used.

    `library_errors` are those by which a library that writes tells of an error of the system; `other` is what to name
    instead."""
    expected: tuple[type[Exception], ...] = (OSError, *library_errors)
    try:
        with reached(workspace):
            yield
    except expected as error:
        match = re.search(OS_ERROR, str(error))
        by_words = (code for code in (*FULL, *LOCKED) if os.strerror(code) in str(error))
        number = getattr(error, "errno", None) or (int(match[1]) if match else next(by_words, None))
        if number in FULL:
            why = "no space is left on its disk; free some and run again, what is done stays done"
        elif number in LOCKED:
            why = f"cannot be written to ({os.strerror(number).lower()}); name another {other} or allow writing"
        else:
            raise
        raise StoreError(f"{workspace}: {why}") from error


def _why(error: Exception) -> str | None:
    if isinstance(error, ImportError):
        return f"a package for object storage is missing ({brief(error)}); pip install s3fs universal-pathlib"
    if type(error).__name__ in KEYS:
        return "no credentials are found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    if type(error).__module__ == "botocore.exceptions":
        return f"cannot be reached ({brief(error)}); check the network, AWS_REGION and AWS_ENDPOINT_URL"
    if _code(error) == "NoSuchBucket":
        return "there is no such bucket; create it or correct the name"
    if isinstance(error, PermissionError):
        return f"the credentials do not allow it ({brief(error)}); use others or allow reading and writing there"
    if isinstance(error, ValueError) and not isinstance(error, UnicodeDecodeError):
        return f"is no workspace ({brief(error)}); give a folder or s3://bucket/prefix"
    return None


def _code(error: BaseException) -> str | None:
    """What S3 calls a fault that fsspec has made an OSError of."""
    answer = getattr(error.__cause__, "response", {})
    return cast("str | None", answer.get("Error", {}).get("Code"))
