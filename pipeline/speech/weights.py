"""Weights: find a model in the hub's cache on this machine, and ask whether the hub answers.

The caller names the file that must be there: an interrupted download leaves a folder without it.
"""

import functools
import logging
from pathlib import Path

log = logging.getLogger(__name__)

ANSWER_S = 5.0  # a hub that takes the connection and never answers would hold a download for minutes


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
