"""Whisper with random weights: the real architectures and file layout, and as many tokens a window as speech has.

Its words mean nothing, but they take as long as those of the real model: every window ends after TOKENS tokens, where
one number of the position embedding, to which nothing else writes, makes the end token the likeliest.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.paths import SCRIPTED

WINDOW_S = 28  # what pipeline.speech.whisper_transcriber packs into one
TOKENS = round(WINDOW_S * 150 / 60 * 1.35)  # 150 words a minute, 1.35 tokens a word
PROMPT = 4  # start, language, task, no timestamps
SIZES = {  # width, encoder layers, decoder layers, heads, mel bands, heads that align words
    "tiny": (384, 4, 4, 6, 80, [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]),
    "small": (768, 12, 12, 12, 80, [[5, 3], [5, 9], [8, 0], [8, 4], [8, 7], [8, 8], [9, 0], [9, 7], [9, 9], [10, 5]]),
    "large-v3-turbo": (1280, 32, 4, 20, 128, [[2, 4], [2, 11], [3, 3], [3, 6], [3, 11], [3, 14]]),
}
END = 50257
PIECES = 4000


def make_whisper(folder: Path, size: str) -> Path:
    """A folder of that size which faster-whisper loads; made once."""
    out = folder / f"made-up-{size}"
    if (out / "tokenizer.json").exists():
        return out
    from ctranslate2.converters.transformers import WhisperLoader  # type: ignore[import-untyped]
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    width, encoder_layers, decoder_layers, heads, mels, aligning = SIZES[size]
    tokenizer, special = _tokenizer(more_languages=mels == 128)
    number = tokenizer.token_to_id
    vocabulary = END + len(special) + 1501  # time stamps
    languages = {token: number(token) for token in special[2 : special.index("<|translate|>")]}
    config = WhisperConfig(
        vocab_size=vocabulary,
        num_mel_bins=mels,
        d_model=width,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=4 * width,
        decoder_ffn_dim=4 * width,
        pad_token_id=END,
        bos_token_id=END,
        eos_token_id=END,
        decoder_start_token_id=END + 1,
    )
    model = _random(WhisperForConditionalGeneration, config, pieces=PIECES)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        decoder_start_token_id=END + 1,
        eos_token_id=END,
        pad_token_id=END,
        bos_token_id=END,
        max_length=448,
        no_timestamps_token_id=number("<|notimestamps|>"),
        is_multilingual=True,
        lang_to_id=languages,
        task_to_id={task: number(f"<|{task}|>") for task in ("transcribe", "translate")},
        suppress_tokens=[],
        begin_suppress_tokens=[END],
        alignment_heads=aligning,
    )
    spec = WhisperLoader().get_model_spec(model)
    texts = {place: token for token, place in tokenizer.get_vocab().items()} | {END - 1: ""}  # empty: multilingual
    stamps = END + len(special)
    spec.register_vocabulary(
        [texts.get(n, f"~{n}") if n < stamps else f"<|{(n - stamps) * 0.02:.2f}|>" for n in range(vocabulary)]
    )
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], [END]
    spec.config.alignment_heads, spec.config.lang_ids = aligning, sorted(languages.values())
    spec.validate()
    spec.optimize(quantization="float16")
    out.mkdir(parents=True, exist_ok=True)
    spec.save(str(out))
    features = {"feature_size": mels, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (out / "preprocessor_config.json").write_text(json.dumps(features))
    tokenizer.save(str(out / "tokenizer.json"))
    return out


def _tokenizer(*, more_languages: bool) -> tuple[Any, list[str]]:
    """A tokenizer of English pieces with Whisper's numbers for the special tokens, and these in their order."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    known = [code for code in LANGUAGES if more_languages or code != "yue"]
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in known), "<|translate|>"]
    special += ["<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    learnt.train_from_iterator(_texts(), trainer)
    core = json.loads(learnt.to_str())["model"]
    numbers = core["vocab"] | {token: END + place for place, token in enumerate(special)}
    tokenizer = Tokenizer(models.BPE(vocab=numbers, merges=[tuple(merge) for merge in core["merges"]]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer, special


def _texts() -> list[str]:
    from models.ratings.reference import load_reference

    return (" " + load_reference(SCRIPTED).talk.select(pl.col("text"))["text"]).to_list()


def _random(architecture: Any, config: Any, *, pieces: int) -> Any:
    """Random weights that say pieces of words until TOKENS of them are said."""
    import torch

    torch.manual_seed(0)
    model = architecture(config).eval()
    decoder = model.model.decoder
    with torch.no_grad():
        for layer in decoder.layers:  # the first number of every state is the clock's alone
            for last in (layer.self_attn.out_proj, layer.encoder_attn.out_proj, layer.fc2):
                last.weight[0] = 0
                last.bias[0] = 0
        decoder.embed_tokens.weight[pieces:] = 0
        decoder.embed_tokens.weight[:, 0] = 0
        decoder.embed_tokens.weight[END, 0] = 1
        decoder.embed_positions.weight[:, 0] = 0
        decoder.embed_positions.weight[PROMPT + TOKENS - 1 :, 0] = 30
    return model
