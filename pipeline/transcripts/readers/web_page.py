"""Web page: the text of a transcript that was saved as HTML, a line for each paragraph, row or other block."""

import html
import re

IS_PAGE = re.compile(r"\s*(?:<!doctype html|<html|<body|<div|<p|<table)\b", re.IGNORECASE)
HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
CELL = re.compile(r"</t[dh]\s*>\s*(?=<t[dh])", re.IGNORECASE)
BLOCK = re.compile(r"</?(?:p|div|br|tr|li|ul|ol|h[1-6]|table|section|article|blockquote|dt|dd)\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]{0,2000}>")


def page_text(written: str) -> str:
    """The text that a page shows."""
    lines = " ".join(HIDDEN.sub(" ", written).split())
    return html.unescape(TAG.sub("", BLOCK.sub("\n", CELL.sub("\t", lines))))
