"""Weights: find a model in a folder, an installed package, the hub's cache or on the hub, in this order.

The caller names the file that must be there: an interrupted download leaves a folder without it.
"""

import functools
import logging
from pathlib import Path

from pipeline.speech.packaged_weights import packaged_folder

log = logging.getLogger(__name__)

WHISPER = "model.bin"  # CTranslate2's name for its weights

ANSWER_S = 5.0  # a hub that takes the connection and never answers would hold a download for minutes


@functools.cache
def whisper_folder(model: str, *, offline: bool) -> Path | None:
    """The folder of a Whisper model, named by its folder, size or repository; None where it cannot be had.

    Raises CallError no_transcription_model where a package holds the model and it cannot be joined.
    """
    from faster_whisper.utils import _MODELS, download_model

    if Path(model).is_dir():
        return Path(model) if (Path(model) / WHISPER).is_file() else None
    repository = _MODELS.get(model, model)
    if folder := packaged_folder(model) or cached_folder(repository, WHISPER):
        return folder
    if offline or not answers(repository):
        return None
    try:
        return Path(download_model(model))
    except Exception as error:  # noqa: BLE001  the hub's client changes its errors with its version
        log.warning("%s could not be fetched: %s", model, type(error).__name__)
        return None


def cached_folder(repository: str, needed: str) -> Path | None:
    """The folder in the hub's cache that holds the repository; None where the file `needed` is not in it."""
    from huggingface_hub import try_to_load_from_cache

    try:
        file = try_to_load_from_cache(repository, needed)
    except ValueError:  # no repository has such a name
        return None
    return Path(file).parent if isinstance(file, str) else None  # or it is known not to be in the repository


@functools.cache
def answers(repository: str) -> bool:
    """Whether the hub knows the repository and says so in time."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(repository, timeout=ANSWER_S)
    except Exception as error:  # noqa: BLE001  the hub's client changes its errors with its version; all mean no
        log.debug("no answer from the hub: %s", type(error).__name__)
        return False
    return True
