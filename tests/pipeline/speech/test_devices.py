"""Devices: what a setting means on machines with and without GPUs, and how processes share several."""

import multiprocessing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

import pytest

from pipeline.speech import devices

CASES = {  # setting, GPUs, number of the process: what it works on
    "auto_without_gpu": ("auto", 0, 0, ("cpu", 0)),
    "auto": ("auto", 2, 0, ("cuda", 0)),
    "cpu_beside_a_gpu": ("cpu", 2, 1, ("cpu", 0)),
    "first_worker": ("auto", 2, 1, ("cuda", 1)),
    "second_worker": ("auto", 2, 2, ("cuda", 0)),
    "third_worker": ("cuda", 2, 3, ("cuda", 1)),
    "given_number": ("cuda:1", 4, 2, ("cuda", 1)),
    "asked_for_but_missing": ("cuda", 0, 0, ("cuda", 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_device_is_chosen(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` is a GPU where there is one; without a number the processes take the GPUs in turn."""
    setting, gpus, number, wanted = CASES[case]
    monkeypatch.setattr(devices, "count_gpus", lambda: gpus)
    monkeypatch.setattr(devices, "process_number", lambda: number)
    assert devices.choose(setting) == wanted


def test_gpus_are_counted() -> None:
    """CTranslate2 says how many there are, none included."""
    assert devices.count_gpus() >= 0


def hold(numbers: "Queue[int]", is_over: Event) -> None:
    numbers.put(devices.process_number())
    is_over.wait(60)


def test_processes_hold_different_numbers() -> None:
    """Whatever started them and whatever they are called, no two living processes have one number; an ended one's is
    free again."""
    context = multiprocessing.get_context("spawn")
    numbers, is_over = context.Queue(), context.Event()
    own = devices.process_number()
    processes = [context.Process(target=hold, args=(numbers, is_over), name="worker") for _ in range(2)]
    for process in processes:
        process.start()
    held = {numbers.get(timeout=60) for _ in processes}
    assert len(held | {own}) == 3
    is_over.set()
    for process in processes:
        process.join()
    later = context.Process(target=hold, args=(numbers, is_over))
    later.start()
    assert numbers.get(timeout=60) <= max(held)
    later.join()
