"""WhisperX over recordings, run by the Python of its own environment: it imports nothing of this project.

    ENVIRONMENT/bin/python benchmarks/speech/whisperx_alone.py WHISPER_FOLDER THREADS WARM_UP RECORDING...

prints one JSON: seconds and texts of each recording, processor seconds of all, the peak memory of this process in GB.
Alignment is off, the voice detector is whisperX's own, all else as it comes.
"""

import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Load, warm up, hear the recordings one after another."""
    folder, threads, *recordings = sys.argv[1:]
    import whisperx  # type: ignore[import-not-found]  # in its own environment only
    from faster_whisper import decode_audio

    model = whisperx.load_model(folder, "cpu", compute_type="int8", language="en", threads=int(threads))
    took_s: list[float] = []
    texts: list[list[str]] = []
    spent = 0.0
    for recording in recordings:
        began = time.perf_counter()
        if len(took_s) == 1:  # after the warm-up
            spent = time.process_time()
        heard = model.transcribe(decode_audio(recording), batch_size=8)  # 8: of its command line
        took_s.append(time.perf_counter() - began)
        texts.append([segment["text"] for segment in heard["segments"]])
    spent = time.process_time() - spent
    status = Path("/proc/self/status").read_text()
    peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    peak_gb = peak_kb * 1024 / 1e9
    print(json.dumps({"took_s": took_s[1:], "texts": texts[1:], "peak_gb": peak_gb, "processor_s": spent}))


if __name__ == "__main__":
    main()
