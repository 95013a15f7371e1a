"""Listening: one conversation in, its transcript stored."""

from flows.timing import Lap, collect_laps, shown, timed
from pipeline.intake.calls import Call
from pipeline.intake.parts import parts_of
from pipeline.intake.people import read_people
from pipeline.settings import Settings
from pipeline.speech.align import align
from pipeline.speech.diarize import diarize
from pipeline.speech.recordings.parts import decode_parts
from pipeline.speech.transcribe import transcribe
from pipeline.store.delta import Store
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.joined import joined_parts
from pipeline.transcripts.names import people
from pipeline.transcripts.redact import redact
from pipeline.transcripts.transcript import Transcript


def listen(call: Call, settings: Settings, *, again: bool = False) -> list[Lap]:
    """Store the transcript of a conversation unless it is there already; returns how long each stage took."""
    with collect_laps() as laps:
        if again or Store(settings.workspace).speech.read(call.content, call.engines) is None:
            hear(call, settings, again=again)
    return laps


def hear(call: Call, settings: Settings, *, again: bool = False) -> Transcript:
    """Turn one conversation into a stored transcript: who said what when."""
    if call.transcript:
        with timed("read") as lap:
            named = [person.name for person in read_people(call.people)]
            names = [*people(call.lead_name), *people(call.other_name), *named]
            transcript = joined_parts([read_transcript(part, listed=names) for part in parts_of(call.transcript)])
            lap.audio_s = transcript.duration_s
    else:
        with timed("decode") as lap:
            audio = shown("decode", decode_parts)(parts_of(call.recording or ""), max_hours=settings.max_hours)
            lap.audio_s = audio.duration_s
        with timed("diarize", audio.duration_s):
            n_speakers = max(1 + max(1, len(people(call.other_name))), len(read_people(call.people)))
            turns = shown("diarize", diarize)(audio, settings, n_speakers=n_speakers)
        with timed("transcribe", audio.duration_s):
            words = shown("transcribe", transcribe)(audio, turns, settings)
        with timed("align", audio.duration_s):
            transcript = shown("align", align)(words, turns, audio)
    with timed("keep", transcript.duration_s):
        listed = (call.lead_name, call.other_name, *(person.name for person in read_people(call.people)))
        redacted = redact(transcript, settings.redact, listed=listed, region=settings.phone_region)
        Store(settings.workspace).speech.write(call.content, call.engines, redacted, again=again)
    return redacted
