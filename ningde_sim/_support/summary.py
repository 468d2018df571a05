"""Summaries in lines that fit a terminal and a notebook."""

from __future__ import annotations

import re
import textwrap

WIDTH = 100
"""Of a line. [characters]"""


def wrapped(text: str) -> str:
    r"""The same text with long lines wrapped; a continued line begins below the text of its first.

    Examples
    --------
    >>> print(wrapped("shop\n  note    " + "so many words " * 8))
    shop
      note    so many words so many words so many words so many words so many words so many words so
              many words so many words
    """
    return "\n".join(_line(line) for line in text.splitlines())


def _line(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    label = re.match(r"\s*(?:\S+(?: \S+)*\s{2,}|note: )?", line)
    indent = len(label[0]) if label and len(label[0]) < WIDTH // 2 else 4
    return textwrap.fill(
        line,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
