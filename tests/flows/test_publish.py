"""The flows publish and weekly: pages, exports and messages, by the real Prefect, a web server and a mail server."""

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows import publish as publishing
from flows.publish import notes_of, publish, weekly
from pipeline.pages.call_parts import Call
from pipeline.pages.messages import SENDERS, send_mail
from pipeline.pages.parts.coaching import read_consent
from pipeline.pages.parts.typed_rows import record_of
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store
from pipeline.transcripts.transcript import SPOKEN, Note, Transcript
from tests.workspace import N_CALLS, N_MEETINGS, RUBRICS

pytestmark = pytest.mark.usefixtures("prefect")
WHISPER = "faster-whisper:base:int8"
EVIL = "Robert'); DROP TABLE dim_call; --"


@pytest.fixture
def workspace(small_workspace: Path, tmp_path: Path) -> Store:
    """A copy of the small workspace, in which the other side and the team have hostile names."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "workspace")))
    store.merge("calls", store.read("calls").with_columns(other_name=pl.lit(EVIL), team=pl.lit("<b>=1+1")))
    return store


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[str]]]:
    """A web server's address and the texts posted to it."""
    received: list[str] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(json.loads(body)["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", received
        server.shutdown()


@pytest.fixture
def letterbox() -> Iterator[tuple[str, list[str]]]:
    """A mail server's address and what it was sent, line by line."""
    received: list[str] = []

    class Smtp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline().decode().strip():
                received.append(line)
                if line.lower() == "data":
                    self.wfile.write(b"354 go on\r\n")
                    while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                        received.append(text)
                self.wfile.write(b"221 bye\r\n" if line.lower() == "quit" else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", received
        server.shutdown()


def settings(store: Store, **others: object) -> Settings:
    return load_settings(workspace=store.root, rubrics=RUBRICS, encoder="lexical", timezone="UTC", **others)


def test_a_night_is_published(
    workspace: Store, inbox: tuple[str, list[str]], letterbox: tuple[str, list[str]], tmp_path: Path
) -> None:
    """Pages are written, each target holds the calls, hostile names whole; hook and mail get names and counts, no
    quotes; the target that cannot be reached is named without its password and does not stop the others."""
    hook, posted = inbox
    server, mailed = letterbox
    targets = (f"duckdb:{tmp_path}/bi.duckdb", f"csv:{tmp_path}/csv", "postgresql://u:secret@127.0.0.1:1/bi")
    chosen = settings(workspace, exports=targets, webhook=hook, mail_to=("lead@example.org",), mail_server=server)
    done = publish(chosen)
    assert done.page.name == "index.html"
    assert (done.page.parent / "week.html").exists()
    with duckdb.connect(f"{tmp_path}/bi.duckdb") as bi:
        assert bi.execute("SELECT count(*) FROM dim_call").fetchall() == [(N_CALLS + N_MEETINGS,)]
        assert bi.execute("SELECT DISTINCT other_name FROM dim_call").fetchall() == [(EVIL,)]
    assert (tmp_path / "csv" / "fact_kpi.csv").exists()
    assert len(done.failed) == 1
    assert "postgresql://127.0.0.1/bi" in done.failed[0]
    assert "secret" not in done.failed[0]
    assert done.sent == ["webhook", "mail"]
    assert posted == [done.text]
    assert f"{N_CALLS + N_MEETINGS} conversations scored" in posted[0]
    assert not any(quote in posted[0] for quote in workspace.read("evidence")["quote"])
    assert "To: lead@example.org" in mailed
    assert f"Subject: {posted[0].splitlines()[0]}" in mailed
    run = workspace.read("runs", where=pl.col("flow") == "publish").to_dicts()[0]
    assert run["ended_at"] is not None
    assert "postgresql://127.0.0.1/bi" in run["error"]


def test_notes_of_a_recording(tmp_path: Path) -> None:
    """They come from the stored transcript of the engines that the call was scored by."""
    store, cut = Store(str(tmp_path)), "truncated: 61.0 of 90.0 s could be decoded"
    about = {"call_id": "a", "audio_sha256": "ab12", "transcriber": WHISPER, "diarizer": "channels"}
    call = record_of(Call, dict.fromkeys(field.name for field in fields(Call)) | about)
    assert notes_of(store, call) == []
    of_recogniser = (Note("recording", cut), Note("recogniser", "the recogniser knows no names"))
    for engine, notes in ((WHISPER, of_recogniser), ("other", (Note("recording", "mixed down"),))):
        said = pl.DataFrame(schema=SPOKEN)
        transcript = Transcript(said, {}, 61.0, transcriber=engine, diarizer="channels", notes=notes)
        store.speech.write("ab12", engine.replace(":", "-"), transcript)
    assert notes_of(store, call) == [cut]


def test_the_next_night_sends_what_changed(workspace: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first export is full, the next from the day of the last, and full again once the plan or the list of people has
    changed; a night in which something failed does not count."""
    asked: list[date | None] = []

    def export(store: Store, target: str, elements: pl.DataFrame, **given: object) -> pl.DataFrame:
        asked.append(given["since"])  # type: ignore[arg-type]
        if target.endswith("full"):
            raise OSError("No space left on device")
        return pl.DataFrame({"table": ["dim_call"], "n_rows": [1]})

    monkeypatch.setattr(publishing, "export", export)
    monkeypatch.setattr(publishing, "write_pages", lambda store, _: store.folder("reports"))
    chosen = settings(workspace, exports=("duckdb:a",))
    for _ in range(2):
        assert publish(chosen).failed == []
    assert asked == [None, datetime.now(UTC).date()]
    for name, text in (("cadence.yaml", "small_n: 3"), ("people.csv", "person\nann\n")):
        (Path(workspace.root) / name).write_text(text)
        publish(chosen)
        assert asked[-1] is None
    unsent = settings(workspace, exports=("duckdb:a",), webhook="http://127.0.0.1:1/hook")
    assert "webhook: the summary was not sent" in publish(unsent).failed[0]
    publish(chosen)
    assert asked[-1] == datetime.now(UTC).date()  # what was not sent was exported all the same
    broken = settings(workspace, exports=("duckdb:a", "duckdb:full"))
    assert publish(broken).failed == ["duckdb:full: No space left on device"]
    publish(broken)
    assert asked[-4:] == [None] * 4


def test_weekly(workspace: Store, inbox: tuple[str, list[str]]) -> None:
    """The week's text has the figures of the KPI table, and goes to the hook; a hook that is not there is an error."""
    hook, posted = inbox
    text = weekly(settings(workspace, webhook=hook))
    assert posted == [text]
    kpis = workspace.read("kpis").filter(level_of="org", interaction="all", kpi="quality_index").sort("week")
    assert f"Quality index: {kpis['value'][-1]:.0f}" in (text or "")
    with pytest.raises(RuntimeError, match="the summary was not sent"):
        weekly(settings(workspace, webhook="http://127.0.0.1:1/hook"))


def test_nothing_leaves_unasked(workspace: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a hook or an address nothing is sent."""
    for name in SENDERS:
        monkeypatch.setitem(SENDERS, name, lambda *_: pytest.fail("sent"))
    assert weekly(settings(workspace))


def test_refused_mail_is_an_oserror(workspace: Store) -> None:
    """A mail server that is not there is told in one kind of error, which the flow turns into a sentence."""
    with pytest.raises(OSError, match="refused"):
        send_mail("text", settings(workspace, mail_server="smtp://127.0.0.1:1", mail_to=("a@b.c",)))


@pytest.mark.parametrize("wrong", [{"webhook": "file:///etc/passwd"}, {"mail_server": "localhost"}])
def test_wrong_address(workspace: Store, wrong: dict[str, str]) -> None:
    """A hook that is no web address, or a mail server without its scheme, is refused by the setting's name."""
    with pytest.raises(ValueError, match=f"setting {next(iter(wrong))}"):
        settings(workspace, **wrong)


def test_the_examples_of_the_documentation(tmp_path: Path) -> None:
    """The settings and the consent that docs/pages.md shows can be written so."""
    text = (RUBRICS.parent / "docs" / "pages.md").read_text()
    for kind, name in {"toml": "callgrade.toml", "yaml": "consent.yaml"}.items():
        (tmp_path / name).write_text(text.split(f"```{kind}\n")[1].split("```")[0])
    shown = load_settings(workspace=str(tmp_path))
    assert (len(shown.exports), shown.mail_to) == (2, ("head-of-sales@example.org",))
    assert read_consent(tmp_path) == ["anna-reed"]
