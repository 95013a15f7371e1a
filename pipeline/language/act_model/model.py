"""The model of acts: networks, what the words alone say, and what makes their figures probabilities."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from pipeline.language.act_model.network import ActNetwork, Outputs, Size, encode
from pipeline.language.act_model.words import ActWords, load_words, save_words
from pipeline.language.text import Doubles, words_of
from pipeline.language.vocabulary import signs
from pipeline.tables.values import ACTS, DECIMALS

WORDING_ODDS = {  # lists that training has too seldom for a model to trust: log odds
    "open_order": ("ask_open", 6.0),
    "greeting": ("other", 8.0),
}


class ActModel(NamedTuple):
    """Networks whose logits are averaged, and how to make them probabilities that hold.

    temperature: what logits are divided by, for they are surer than they are right
    odds: log odds added to each act of ACTS, for acts are more or less common than in training
    words: what is added to the logits of the networks, None for nothing
    """

    networks: tuple[ActNetwork, ...]
    temperature: float = 1.0
    odds: tuple[float, ...] = (0.0,) * len(ACTS)
    words: ActWords | None = None


def read(model: ActModel, sentences: pl.DataFrame) -> Outputs:
    """The mean logits of the networks for sentences in the order they were said; those of acts with what the words
    alone say."""
    encoded = encode(sentences)
    with torch.inference_mode():
        outputs = [network(encoded) for network in model.networks]
        mean = Outputs(*(torch.stack(logits).mean(0) for logits in zip(*outputs, strict=True)))
        if model.words is not None:
            mean.acts.add_(torch.from_numpy(model.words.log_odds(encoded.words, encoded.counts)))
        worded = signs(sentences.select(words_of(pl.col("text")).list.join(" "))["text"], tuple(WORDING_ODDS))
        for name, (act, odds) in WORDING_ODDS.items():
            mean.acts[:, ACTS.index(act)] += odds * torch.from_numpy(worded[name].to_numpy())
        return mean


def act_probabilities(model: ActModel, sentences: pl.DataFrame) -> Doubles:
    """(sentences, 10): how probable each act of ACTS is, for sentences in the order they were said.

    Rounded to the figures that are stored, so that the calls that are read together do not matter.
    """
    logits = read(model, sentences).acts / model.temperature + torch.tensor(model.odds)
    probabilities: Doubles = logits.softmax(1).numpy().astype(np.float64).round(DECIMALS)
    return probabilities


def save(model: ActModel, folder: Path) -> None:
    """Write acts.safetensors, acts.json and, where there is a model of words, words.safetensors; the weights halved."""
    from safetensors.torch import save_file

    tensors = {
        f"{member}.{name}": value.half() if value.is_floating_point() else value
        for member, network in enumerate(model.networks)
        for name, value in network.state_dict().items()
    }
    save_file(tensors, folder / "acts.safetensors")
    if model.words is not None:
        save_words(model.words, folder)
    odds = dict(zip(ACTS, model.odds, strict=True))
    facts = {"members": len(model.networks), "size": model.networks[0].size._asdict()}
    facts |= {"temperature": model.temperature, "odds": odds}
    (folder / "acts.json").write_text(json.dumps(facts, indent=1) + "\n")


@cache
def load(folder: Path) -> ActModel:
    """The model of a folder, ready to classify; in double precision, for in single precision the calls and the machine
    that a sentence is read with show in the seventh figure."""
    from safetensors.torch import load_file

    facts = json.loads((folder / "acts.json").read_text())
    tensors = load_file(folder / "acts.safetensors")
    networks = tuple(ActNetwork(Size(**facts["size"])) for _ in range(facts["members"]))
    for member, network in enumerate(networks):
        own = (name for name in tensors if name.startswith(f"{member}."))
        network.load_state_dict({name.removeprefix(f"{member}."): tensors[name] for name in own})
        network.double().eval()
    odds = tuple(facts["odds"][act] for act in ACTS)
    return ActModel(networks, facts["temperature"], odds, load_words(folder))
