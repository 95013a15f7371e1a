"""Names of pages: readable, safe on every disk, and never the same for two ids."""

import re

import pytest

from pipeline.pages.parts.ratings import page_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("w1-001", "w1-001.html"),
        ("../../etc/passwd", "etc-passwd~"),
        ("a/b", "a-b~"),
        ("W1", "w1~"),
        ("", "~"),
        (".x", "x~"),
    ],
)
def test_page_names(key, name):
    """Plain ids keep their name; anything else becomes a safe one with a hash."""
    assert re.fullmatch(re.escape(name) + ("" if name.endswith(".html") else r"[0-9a-f]{12}\.html"), page_name(key))


def test_page_names_differ():
    """Ids that look alike to a file system get pages of their own."""
    keys = ["a/b", "a b", "A/b", "a-b", "a.b", "a" * 200, "a" * 201, "<a>", "ä", "~"]
    assert len({page_name(key).lower() for key in keys}) == len(keys)
