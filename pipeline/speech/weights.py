"""The model hub: whether it answers, asked once and in time."""

import functools
import logging

log = logging.getLogger(__name__)

ANSWER_S = 5.0  # a hub that takes the connection and never answers would hold a download for minutes


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
