"""Devices: what a setting means on machines with and without GPUs, and how workers share several."""

import multiprocessing

import pytest

from pipeline.speech import devices

CASES = {  # setting, GPUs, name of the process: what it works on
    "auto_without_gpu": ("auto", 0, "MainProcess", ("cpu", 0)),
    "auto": ("auto", 2, "MainProcess", ("cuda", 0)),
    "cpu_beside_a_gpu": ("cpu", 2, "SpawnProcess-1", ("cpu", 0)),
    "first_worker": ("auto", 2, "SpawnProcess-1", ("cuda", 1)),
    "second_worker": ("auto", 2, "SpawnProcess-2", ("cuda", 0)),
    "third_worker": ("cuda", 2, "SpawnProcess-3", ("cuda", 1)),
    "given_number": ("cuda:1", 4, "SpawnProcess-2", ("cuda", 1)),
    "asked_for_but_missing": ("cuda", 0, "MainProcess", ("cuda", 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_device_is_chosen(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` is a GPU where there is one; without a number the workers take the GPUs in turn."""
    setting, gpus, name, wanted = CASES[case]
    monkeypatch.setattr(devices, "count_gpus", lambda: gpus)
    monkeypatch.setattr(multiprocessing.current_process(), "_name", name)
    assert devices.choose(setting) == wanted


def test_gpus_are_counted() -> None:
    """CTranslate2 says how many there are, none included."""
    assert devices.count_gpus() >= 0
