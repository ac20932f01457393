"""Plots as SVG for ``reporting``: bars, and lines over a logarithmic axis. Too little for a library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LEFT, ROW, TOP, BOTTOM = 860, 190, 18, 46, 34
COLOURS = ("#0b6e4f", "#3a7ca5", "#e09f3e", "#9e2a2b", "#6d597a", "#8d99ae")
Pairs = Sequence[tuple[float, float]]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(height: float, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'font-family="sans-serif" fill="#222"><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head, _text(12, 24, title, size=16), *parts, "</svg>\n"])


def bars(title: str, groups: Mapping[str, Mapping[str, float]], highest: float, unit: str) -> str:
    """Draw groups of bars, one bar for each name; a name has the same colour in all groups."""
    parts, y = [], float(TOP)
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    scale = (WIDTH - LEFT - 90) / highest
    for group, values in groups.items():
        parts.append(_text(12, y + 13, group, size=13))
        y += ROW + 4
        for name, value in values.items():
            colour = COLOURS[names.index(name) % len(COLOURS)]
            parts.append(_text(LEFT - 8, y + 12, name, anchor="end"))
            parts.append(
                f'<rect x="{LEFT}" y="{y:.0f}" width="{value * scale:.1f}" height="14" fill="{colour}"/>'
            )
            parts.append(_text(LEFT + value * scale + 6, y + 12, f"{value:.1f} {unit}"))
            y += ROW
        y += 12
    return _document(y, title, parts)


def lines(title: str, series: Mapping[str, Pairs], x_title: str, y_title: str, height: int = 420) -> str:
    """Draw a line for each name, both axes logarithmic; 0 is drawn at the place of 1."""
    points = [point for pairs in series.values() for point in pairs]
    far, high = (math.ceil(max(_log(point[axis]) for point in points)) or 1 for axis in (0, 1))
    base, room = height - BOTTOM - 16, (WIDTH - 70 - 220, height - TOP - BOTTOM - 32)
    parts = [_text(70, height - 10, x_title), _text(12, TOP, y_title)]
    parts += [
        _text(62, base - power / high * room[1] + 4, f"{10**power:,}", anchor="end")
        for power in range(high + 1)
    ]
    parts += [
        _text(70 + power / far * room[0], base + 18, f"{10**power:,}", anchor="middle")
        for power in range(1, far + 1)
    ]
    parts.append(f'<path d="M70 {base - room[1]} V{base} H{70 + room[0]}" stroke="#888" fill="none"/>')
    for number, (name, pairs) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(70 + _log(x) / far * room[0], base - _log(y) / high * room[1]) for x, y in pairs]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" stroke="{colour}" stroke-width="2.5" fill="none"/>')
        parts.append(_text(places[-1][0] + 8, places[-1][1] + 4, f"{name}: {pairs[-1][1]:,.0f}"))
    return _document(height, title, parts)


def _log(value: float) -> float:
    return math.log10(max(value, 1))
