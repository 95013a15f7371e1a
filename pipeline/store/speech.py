"""Stored transcripts: one immutable file per recording and engine under `speech/`, named by the recording's content.

They are the costly part of a workspace: what is there and sound is never made again, unless somebody asks for it.
"""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from pipeline.errors import CallError
from pipeline.location import PARTIAL, StoreError, is_remote, write_whole, writing
from pipeline.transcripts.transcript import Transcript, from_json

SUFFIX = ".json"
PARTIAL_S = 3600.0  # a half-written file that is older was left by a killed run
log = logging.getLogger(__name__)


class SpeechStore:
    """The transcripts of a workspace; `content` is a recording's hash, `fingerprint` names engines and their settings.

    A transcript that a disk or a crash damaged counts as absent."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def read(self, content: str, fingerprint: str) -> Transcript | None:
        """The transcript of a recording by one engine; None if there is none."""
        return _sound(self._path(content, fingerprint))

    def read_all(self, content: str) -> list[Transcript]:
        """The transcripts of a recording by whatever engine."""
        transcripts = [_sound(path) for path in self._paths(content) if path.suffix == SUFFIX]
        return [transcript for transcript in transcripts if transcript is not None]

    def write(self, content: str, fingerprint: str, transcript: Transcript, *, again: bool = False) -> None:
        """Store a transcript whole or not at all; one that is there stays as it is, unless `again`.

        Raises CallError where the workspace cannot be written."""
        path = self._path(content, fingerprint)
        if not again and _sound(path) is not None:
            return
        try:
            with writing(str(self.place).rstrip("/")):
                write_whole(path, transcript.to_json().encode())
        except StoreError as error:
            raise CallError("internal", str(error)) from error

    def are_there(self, keys: list[tuple[str, str]]) -> list[bool]:
        """Which transcripts, by content and fingerprint, are there and end as one does.

        Quick, as it reads none: for the many that nobody is about to read."""
        paths = [self._path(content, fingerprint) for content, fingerprint in keys]
        if not is_remote(self.place):
            return [_ends(path) for path in paths]
        names = {path.name for path in (self.place / "speech").glob(f"*/*{SUFFIX}")}  # each was put there whole
        return [path.name in names for path in paths]

    def erase(self, contents: list[str]) -> int:
        """Remove all transcripts of these recordings; returns how many there were."""
        paths = [path for content in contents for path in self._paths(content)]
        for path in paths:
            path.unlink()
        return len(paths)

    def drop_partial(self) -> None:
        """Remove what killed runs left half-written; what is younger than PARTIAL_S may be in the making."""
        if is_remote(self.place):
            return
        for path in (self.place / "speech").glob(f"*/*{PARTIAL}"):
            with suppress(FileNotFoundError):
                if abs(time.time() - path.stat().st_mtime) > PARTIAL_S:
                    path.unlink()

    def _path(self, content: str, fingerprint: str) -> Path:
        return self.place / "speech" / content[:2] / f"{content}-{fingerprint}{SUFFIX}"

    def _paths(self, content: str) -> list[Path]:
        return list((self.place / "speech" / content[:2]).glob(f"{content}-*"))


def _sound(path: Path) -> Transcript | None:
    """A transcript as it was written; None where there is none, or a damaged one."""
    try:
        return from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except CallError as error:
        log.warning("%s: is damaged and will be made again (%s)", path, error.code)
        return None


def _ends(transcript: Path) -> bool:
    """Whether the last byte of a file is that of a transcript."""
    try:
        with transcript.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"}"
    except OSError:
        return False
