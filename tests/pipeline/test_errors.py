"""Errors: codes that exist, what is quoted, and how a lack of memory is told."""

import sys

import pytest

from pipeline.errors import SHOWN, CallError, brief, is_out_of_memory


def test_error_code_is_checked() -> None:
    """An error code outside the published list cannot be made up."""
    with pytest.raises(ValueError, match="no error code"):
        CallError("broken", "it broke")


def test_what_is_quoted_is_brief() -> None:
    """Quoted text stands on one line and is cut where it is long; an error without a text is named by its type."""
    assert brief("a\n  b") == "a b"
    assert brief("x" * (SHOWN + 1)) == "x" * SHOWN + "..."
    assert brief(KeyError()) == "KeyError"


class _EngineMemoryError(MemoryError):
    pass


def caused_by(cause: Exception) -> Exception:
    error = ValueError("the model cannot be loaded")
    error.__cause__ = cause
    return error


def test_lack_of_memory_is_told_from_the_type() -> None:
    """Python's, an engine's, torch's and DuckDB's errors count, also as a cause; a text that only says so does not."""
    import duckdb
    import torch

    for error in (MemoryError(), _EngineMemoryError(), torch.OutOfMemoryError(), duckdb.OutOfMemoryException()):
        assert is_out_of_memory(error)
        assert is_out_of_memory(caused_by(error))
    assert not is_out_of_memory(RuntimeError("out of memory"))
    assert not is_out_of_memory(caused_by(OSError("no such file")))


def test_no_library_is_loaded_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch is not loaded it is not imported, and its name alone does no harm."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert not is_out_of_memory(RuntimeError("a"))
    assert "torch" not in sys.modules
    assert is_out_of_memory(MemoryError())
