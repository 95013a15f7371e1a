"""Voice diarizer: tell the voices of a single channel apart with the small weights that come with the program.

Pyannote's pipeline of segmentation, vectors of voices and clusters; where the call list says how many people take part
the clusters are found by k-means, else agglomeratively. It does not know voices from one call to the next.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.pipelines.clustering import AgglomerativeClustering, BaseClustering
from safetensors.torch import load_file

from pipeline.speech.voice_encoder import VoiceEncoder
from pipeline.speech.voice_pipeline import VoicePipeline

WEIGHTS = Path(__file__).parent / "voices"
WINDOW_S = 5.0
STEP = 0.3  # of a window: 1.5 s from one to the next
SINCNET = {"stride": 10, "sample_rate": 16_000}
LSTM = {"hidden_size": 128, "num_layers": 4, "bidirectional": True, "monolithic": True}
SEGMENTATION = {"threshold": 0.4, "min_duration_off": 0.1}
AGGLOMERATIVE = {"method": "average", "min_cluster_size": 12, "threshold": 0.6}
FURTHER_VOICE = 0.4  # cosine distance of every two voices, where more are heard than the call list names
FURTHER_SHARE = 0.1  # of the speech, that each of them has then


class VoiceClustering(BaseClustering):  # type: ignore[misc]  # pyannote ships no types
    """K-means for the number of people who are named, or for more where they are plainly heard; else agglomerative."""

    expects_num_clusters = False

    def cluster(
        self,
        embeddings: NDArray[np.float32],
        min_clusters: int | None = None,
        max_clusters: int | None = None,
        num_clusters: int | None = None,
    ) -> NDArray[np.integer[Any]]:
        """The cluster of each vector, counted from 0; `min_clusters` is the number of people who are named, or 1."""
        named = num_clusters or min_clusters or 1
        if named < 2:
            unknown = AgglomerativeClustering(metric=self.metric).instantiate(AGGLOMERATIVE)
            found: NDArray[np.integer[Any]] = unknown.cluster(embeddings, 1, max_clusters or len(embeddings))
            return found
        vectors = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        chosen = _k_means(vectors, named)
        for number in range(named + 1, min(max_clusters or named, len(vectors)) + 1):
            more = _k_means(vectors, number)
            if _apart(vectors, more):
                chosen = more
        return chosen


def load_voices() -> Any:
    """Pyannote's pipeline over the weights beside this module, on the processor."""
    segmentation = PyanNet(sincnet=SINCNET, lstm=LSTM)
    frames = {"problem": Problem.MULTI_LABEL_CLASSIFICATION, "resolution": Resolution.FRAME}
    _fill(segmentation, "segmentation", **frames, classes=["first", "second", "third"], permutation_invariant=True)
    encoder = VoiceEncoder()
    _fill(encoder, "embedding", problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK)
    pipeline = VoicePipeline(
        segmentation=segmentation,
        segmentation_step=STEP,
        embedding=encoder,
        embedding_exclude_overlap=True,
        plda=PLDA.__new__(PLDA),  # the pipeline demands one, and these clusters use none
        clustering="KMeansClustering",
    )
    pipeline.clustering = VoiceClustering(metric="cosine")
    pipeline._expects_num_speakers = False
    return pipeline.instantiate({"segmentation": SEGMENTATION})


def _fill(model: Any, name: str, **task: Any) -> None:
    """Give a model its task and the weights of this name; raises ValueError where these are not the model's own."""
    model.specifications = Specifications(duration=WINDOW_S, **task)
    model.setup()
    weights = {key: value.float() for key, value in load_file(WEIGHTS / f"{name}.safetensors").items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    made = {key for key, _ in model.named_buffers()}  # windows and filters, which a model makes itself
    if unexpected or set(missing) - made:
        raise ValueError(f"{name}.safetensors: not the weights of {type(model).__name__}; install the program again")
    model.eval()


def _k_means(vectors: NDArray[np.float32], number: int) -> NDArray[np.integer[Any]]:
    from sklearn.cluster import KMeans

    if len(vectors) <= number:
        return np.arange(len(vectors))
    labels: NDArray[np.integer[Any]] = KMeans(number, n_init=10, random_state=0).fit_predict(vectors)
    return labels


def _apart(vectors: NDArray[np.float32], clusters: NDArray[np.integer[Any]]) -> bool:
    """Whether every cluster is a voice of its own: large enough, and far from each of the others."""
    sizes = np.bincount(clusters)
    if sizes.min() < FURTHER_SHARE * len(vectors):
        return False
    centres = np.stack([vectors[clusters == number].mean(axis=0) for number in range(len(sizes))])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    distances = 1 - centres @ centres.T
    return bool(distances[np.triu_indices(len(sizes), 1)].min() >= FURTHER_VOICE)
