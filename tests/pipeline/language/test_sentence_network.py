"""The convolution of the networks over words gives what torch's own gives."""

import torch
from torch import nn

from pipeline.language.sentence_network import WordConvolution


def test_as_torch_convolves() -> None:
    """With the weights of a torch convolution, three texts of five words get the same vectors."""
    torch.manual_seed(0)
    own, theirs = WordConvolution(4, 6).double(), nn.Conv1d(4, 6, 3, padding=1).double()
    own.load_state_dict(theirs.state_dict())
    vectors = torch.randn(3, 5, 4, dtype=torch.float64)
    assert torch.allclose(own(vectors), theirs(vectors.transpose(1, 2)).transpose(1, 2), atol=1e-12)


def test_neighbours_by_hand() -> None:
    """Weights 1, 10, 100 for the word before, the word and the word after, and 0.5 for each: 1, 2, 3 give these."""
    convolution = WordConvolution(1, 1).double()
    convolution.load_state_dict({"weight": torch.tensor([[[1.0, 10.0, 100.0]]]), "bias": torch.tensor([0.5])})
    words = torch.tensor([[[1.0], [2.0], [3.0]]], dtype=torch.float64)
    assert convolution(words).flatten().tolist() == [210.5, 321.5, 32.5]
