"""The pieces of a web page that needs neither network nor script."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; color: #1a1a1a; background: #fff;
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 1px solid #ccc; break-after: avoid; }
.answer { font-size: 1.25rem; line-height: 1.4; margin: 1rem 0; }
.warning { border-left: .35rem solid #d55e00; background: #fff4ec; padding: .6rem 1rem; }
.warning p { margin: .35rem 0; }
figure { margin: 1.2rem 0; break-inside: avoid; }
img { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; }
th, td { padding: .25rem 1rem .25rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e4e4e4; }
th { font-weight: 600; border-bottom-color: #888; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.words { min-width: 13rem; overflow-wrap: anywhere; }
.name { white-space: nowrap; }
pre { overflow-x: auto; background: #f5f5f5; padding: .8rem; font-size: .8125rem;
  line-height: 1.4; }
details pre { max-height: 40rem; }
summary { cursor: pointer; }
@media (max-width: 40rem) { body { padding: .8rem; } h1 { font-size: 1.3rem; }
  .answer { font-size: 1.1rem; } }
@media print { body { padding: 0; max-width: none; font-size: 10pt; }
  .scroll, pre { overflow: visible; } .words { min-width: 0; }
  pre { white-space: pre-wrap; } tr { break-inside: avoid; } }
"""

KINDS = {"r": "number", "w": "words", "n": "name", "p": "path", "-": ""}
"""Classes of table columns, by letter."""

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may load: nothing but the page itself."""


def page(title: str, body: Iterable[str]) -> str:
    """A whole page, from its pieces."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{"".join(body)}</body>
</html>
"""


def heading(text: str, level: int = 2) -> str:
    """A heading; 1 is the highest level."""
    return f"<h{level}>{escape(text)}</h{level}>\n"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; the `kind` "answer" is large."""
    return f"<p{_kind(kind)}>{escape(text)}</p>\n"


def warning(texts: Iterable[str]) -> str:
    """Paragraphs in a box that stands out."""
    return f'<div class="warning">\n{"".join(map(paragraph, texts))}</div>\n'


def figure(svg: bytes, title: str) -> str:
    """A plot with its title as the text in place of it.

    It is an image of its own, so that the names inside two plots cannot clash.
    """
    data = base64.b64encode(svg).decode("ascii")
    return f'<figure><img alt="{escape(title)}" src="data:image/svg+xml;base64,{data}"></figure>\n'


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], kinds: str = "") -> str:
    """A table that scrolls where the window is too narrow.

    Parameters
    ----------
    heads : iterable of str
        Names of the columns; without a head row if all are empty.
    rows : iterable of iterables
        The cells of each row; shown as text.
    kinds : str
        A letter for each column: "r" for numbers, flush right; "w" for sentences; "n" for names
        that stay whole; "p" for paths, which may break at their dots; "-" for others.
    """
    classes = [KINDS[letter] for letter in kinds]

    def line(tag: str, cells: Iterable[object]) -> str:
        texts = [str(cell) for cell in cells]
        kinds_of_cells = [*classes, *[""] * len(texts)]
        pairs = zip(kinds_of_cells, texts, strict=False)
        return f"<tr>{''.join(_cell(tag, kind, text) for kind, text in pairs)}</tr>\n"

    names = list(heads)
    head = f"<thead>\n{line('th', names)}</thead>\n" if any(names) else ""
    body = "".join(line("td", row) for row in rows)
    return f'<div class="scroll"><table>\n{head}<tbody>\n{body}</tbody>\n</table></div>\n'


def code(text: str, kind: str = "") -> str:
    """Text in a fixed-width font, as typed."""
    return f"<pre{_kind(kind)}>{escape(text, quote=False)}</pre>\n"


def folded(title: str, piece: str) -> str:
    """A piece that opens with a click."""
    return f"<details><summary>{escape(title)}</summary>\n{piece}</details>\n"


def _cell(tag: str, kind: str, text: str) -> str:
    words = escape(text)
    words = words.replace(".", ".<wbr>") if kind == "path" else words
    return f"<{tag}{_kind(kind)}>{words}</{tag}>"


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
