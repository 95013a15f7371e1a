"""Where the benchmarks find data and write pages."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RUBRICS = ROOT / "rubrics"
SAMPLES = ROOT / "data" / "samples"  # recordings of synthetic voices
SCRIPTED = ROOT / "data" / "scripted"  # written conversations with scores and tags
ACTS = ROOT / "data" / "acts"  # labelled sentences
SHARED = ROOT.parent / "shared"  # corpora and weights, on machines that have them
