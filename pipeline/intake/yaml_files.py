"""YAML files: read what people write, and refuse what would take much memory or time."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import brief

LARGEST_BYTES = 300_000
DEEPEST = 20
AMISS = (ValueError, KeyError, TypeError, AttributeError, OverflowError)  # of tags


def _plain(content: str) -> None:
    """Raises YAMLError at an alias, of which a few lines can stand for gigabytes, and where it is nested deeply."""
    depth = 0
    for event in yaml.parse(content, yaml.CSafeLoader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            problem = "an alias (*) is used: write out what it stands for"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=mark)


def read_yaml(path: Path) -> Any:
    """Parse a YAML file; raises YAMLError where its content cannot be used, OSError where it cannot be read."""
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise yaml.MarkedYAMLError(problem=f"it is larger than {LARGEST_BYTES // 1_000} kB")
    try:
        text = content.decode("utf-8-sig")
        _plain(text)
        return yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        raise
    except UnicodeDecodeError as error:
        raise yaml.MarkedYAMLError(problem="it is not written in UTF-8") from error
    except AMISS as error:
        raise yaml.MarkedYAMLError(problem=f"a value does not fit its type: {brief(error)}") from error


def problem_of(error: yaml.YAMLError) -> str:
    """What a YAMLError says, in one clause."""
    return brief(getattr(error, "problem", None) or error)
