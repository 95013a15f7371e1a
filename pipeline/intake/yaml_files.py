"""YAML files: read what people write, and refuse what would take much memory or time."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import brief

LARGEST_BYTES = 300_000
DEEPEST = 20
AMISS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)  # of tags and nesting


class _Plain(yaml.SafeLoader):
    """A loader that refuses aliases, of which a few lines can stand for gigabytes, and deeply nested brackets."""

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        """An opening bracket; raises YAMLError where it is the DEEPEST in others."""
        if self.flow_level >= DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=self.get_mark())
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node; raises YAMLError where it is an alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias (*) is used: write out what it stands for", problem_mark=mark)
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> Any:
    """Parse a YAML file; raises YAMLError where its content cannot be used, OSError where it cannot be read."""
    content = path.read_bytes()
    if len(content) > LARGEST_BYTES:
        raise yaml.MarkedYAMLError(problem=f"it is larger than {LARGEST_BYTES // 1_000} kB")
    try:
        return yaml.load(content.decode("utf-8-sig"), _Plain)  # noqa: S506  a safe loader
    except yaml.YAMLError:
        raise
    except UnicodeDecodeError as error:
        raise yaml.MarkedYAMLError(problem="it is not written in UTF-8") from error
    except RecursionError as error:
        raise yaml.MarkedYAMLError(problem="it is nested too deeply") from error
    except AMISS as error:
        raise yaml.MarkedYAMLError(problem=f"a value does not fit its type: {brief(error)}") from error


def problem_of(error: yaml.YAMLError) -> str:
    """What a YAMLError says, in one clause."""
    return brief(getattr(error, "problem", None) or error)
