"""The network of the acts reads each sentence alone."""

import numpy as np
import torch

from pipeline.language.act_model.network import SENTENCES_AT_A_TIME, Encoded, Size, WordOrder, ends_kept, neighbours


def test_both_ends_of_a_long_sentence_are_read() -> None:
    """Of 40 words the first 18 and the last 10, of three all, of none none."""
    bits = np.arange(43, dtype=np.uint64)
    words, counts = ends_kept(bits, np.array([40, 0, 3]))
    assert words.tolist() == [*range(18), *range(30, 40), 40, 41, 42]
    assert counts.tolist() == [28, 0, 3]


def test_a_sentence_is_read_alone() -> None:
    """Its vector depends on the order of its words, not on the sentences read with it; a word not known is not another
    that is."""
    torch.manual_seed(0)
    order = WordOrder(Size(n_words=50)).eval()

    def read(*sentences: tuple[int, ...]) -> torch.Tensor:
        words = torch.tensor([word for sentence in sentences for word in sentence], dtype=torch.int64)
        return order(words, torch.tensor([len(sentence) for sentence in sentences]))

    many = tuple(tuple(range(k % 28)) for k in range(2 * SENTENCES_AT_A_TIME))
    with torch.inference_mode():
        alone = read((3, 1, 2))
        assert torch.allclose(read((7,), (3, 1, 2), (), (9, 8), *many)[1], alone[0], atol=1e-6)
        for other in ((1, 3, 2), (3, 1), (3, 1, 2, 2), (3, 1, 99)):
            assert not torch.allclose(read(other), alone, atol=1e-3)
        assert torch.equal(read((3, 1, 99)), read((3, 1, -5)))


def test_who_was_heard_and_who_replies() -> None:
    """The last sentence of another speaker before a sentence and the first after it, within its call: x x y x, x y."""
    same = [0, 1, 0, 0, 0, 0]  # column 0: spoken by the speaker of the sentence before
    dense = np.array([[flag] for flag in same], np.float32)
    heard, reply = neighbours(Encoded(np.zeros(0, np.int64), np.zeros(6, np.int64), dense, np.array([4, 2])))
    assert heard.tolist() == [-1, -1, 1, 2, -1, 4]
    assert reply.tolist() == [2, 2, 3, -1, 5, -1]
