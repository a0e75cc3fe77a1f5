"""CSS and HTML that the pages of results share."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 760
"""Width of plots, in SVG units."""

STYLE = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #6b7280; --line: #e5e7eb;
  --page: #ffffff; --card: #f8fafc; --good: #059669; --bad: #dc2626; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #9ca3af; --line: #374151;
  --page: #111827; --card: #1f2937; --good: #34d399; --bad: #f87171; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 960px; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); font-size: .9rem; }
.choice { background: var(--card); border-left: 4px solid var(--good); padding: 1rem 1.2rem;
  border-radius: 6px; margin: 1.2rem 0; } .choice b { font-size: 1.15rem; }
.weak { border-left-color: #d97706; } .wide, .plot { overflow-x: auto; }
table { border-collapse: collapse; font-size: .82rem; width: 100%; }
th, td { text-align: right; padding: .3rem .45rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child, .left th { text-align: left; }
td.text { white-space: normal; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr.chosen td { background: var(--card); font-weight: 600; } .bad { color: var(--bad); }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; }
.narrow table { width: auto; } .narrow td, .narrow th { padding-right: 2rem; }
@media (max-width: 640px) { .plot svg { min-width: 620px; }
  .first td:first-child { white-space: normal; min-width: 8.5rem; } }
svg .grid { stroke: var(--line); } svg .soft { fill: var(--soft); font-size: 12px; }
"""


def row(cells: Iterable[str], tag: str = "td") -> str:
    """A row of a table."""
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
