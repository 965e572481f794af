"""Figures as small SVG: no style sheet and no style attribute, text as text, the same bytes for the same figure.

Text lies above everything else, in the order in which it was drawn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform

from popsim.report.characters import CONTROL_SIGNS
from popsim.report.figures import canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

_Attributes: TypeAlias = tuple[tuple[str, str], ...]
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_UNIT = 100
"""Coordinates are whole hundredths of a point."""
_CONTROL_PICTURES = {
    code: chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
}
_ANCHORS = {"center": "middle", "right": "end"}


def written(figure: Figure, name: str, spoken: str, halo: str = "") -> str:
    """Return a figure as an SVG file.

    Parameters
    ----------
    figure
        The figure; one unit of the drawing is a point.
    name
        Begins every id, so that a page may hold many figures.
    spoken
        What is read to those who cannot see the figure.
    halo
        Colour behind the letters; none where it is empty.
    """
    figure.set_dpi(72)
    width, height = figure.bbox.size
    renderer = _Renderer(width, height, name, halo)
    figure.draw(renderer)
    across, down = (_number(round(side * _UNIT)) for side in (width, height))
    size = f'width="{across}pt" height="{down}pt" viewBox="0 0 {across} {down}"'
    about = f'role="img" aria-label="{escaped(spoken)}" font-family="{_FONTS}" stroke-linejoin="round"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {about}>'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', head, *renderer.lines(), "</svg>", ""]
    return "\n".join(lines).translate(CONTROL_SIGNS)


_FONTS = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"


class _Renderer(RendererBase):
    """What matplotlib draws on: paths and texts, each kept as the element that shows it."""

    def __init__(self, width: float, height: float, name: str, halo: str) -> None:
        super().__init__()
        self.width, self.height, self.name = width, height, name
        self.halo: _Attributes = (("paint-order", "stroke"), ("stroke", halo), ("stroke-width", "3")) if halo else ()
        self.shapes: list[tuple[_Attributes, list[str]]] = []
        self.texts: list[tuple[_Attributes, list[str]]] = []
        self.clips: dict[tuple[float, ...], str] = {}

    def lines(self) -> Iterator[str]:
        """Yield the elements: what is clipped to, shapes in the order in which they were drawn, texts."""
        for (left, upper, right, lower), clip in self.clips.items():
            rectangle = _path_data(Path([(left, upper), (right, upper), (right, lower), (left, lower)], closed=False))
            yield f'<clipPath id="{clip}"><path d="{rectangle}z"/></clipPath>'
        for attributes, parts in self.shapes:
            yield f'<path{_written(attributes)} d="{"".join(parts)}"/>'
        for attributes, parts in self.texts:
            yield f"<g{_written(attributes)}>{''.join(parts)}</g>"

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        """Keep a path; one that looks like the path before it becomes part of that."""
        if np.shape(path.vertices)[0] < 3:
            rgbFace = None  # noqa: N806  two points have no inside
        flipped = transform + Affine2D().scale(1.0, -1.0).translate(0.0, self.height)
        is_line = rgbFace is None
        shown = path.cleaned(flipped, remove_nans=True, simplify=is_line and path.should_simplify, curves=True)
        data = _path_data(shown)
        line = self._line(gc)
        if not data or (is_line and not line):
            return
        attributes = (*self._fill(gc, rgbFace), *line, *self._clip(gc, shown))
        if self._is_solid(gc) and self.shapes and self.shapes[-1][0] == attributes:
            self.shapes[-1][1].append(data)
        else:
            self.shapes.append((attributes, [data]))

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | str = False,  # noqa: ARG002  no figure has mathematics
        mtext: Text | None = None,
    ) -> None:
        """Keep a text, anchored as matplotlib was asked to align it: fonts of readers are of other widths."""
        anchor = ""
        if mtext is not None and not angle and (align := mtext.get_horizontalalignment()) in _ANCHORS:
            x = float(mtext.get_transform().transform(mtext.get_unitless_position())[0])
            anchor = f' text-anchor="{_ANCHORS[align]}"'
        across, down = _number(round(x * _UNIT)), _number(round(y * _UNIT))
        turn = f' transform="rotate({-angle:g} {across} {down})"' if angle else ""
        size = ("font-size", f"{prop.get_size_in_points():g}")
        attributes = (*self._paint("fill", gc.get_rgb()), size, *self.halo)
        part = f'<text x="{across}" y="{down}"{anchor}{turn}>{escaped(_isolated(s))}</text>'
        if self.texts and self.texts[-1][0] == attributes:
            self.texts[-1][1].append(part)
        else:
            self.texts.append((attributes, [part]))

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: bool | str,  # noqa: ARG002
    ) -> tuple[float, float, float]:
        """Return the size of a line of text as all figures measure it, which remembers what was measured before."""
        size = prop.get_size_in_points()
        return canvas.text_width(s, size), 1.0 * size, 0.24 * size

    def flipy(self) -> bool:
        """Return that y grows downwards."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size of the drawing."""
        return self.width, self.height

    def _fill(self, gc: Any, face: Any) -> _Attributes:
        return (("fill", "none"),) if face is None else self._paint("fill", face, gc)

    def _line(self, gc: Any) -> _Attributes:
        width = gc.get_linewidth()
        if not width or (len(gc.get_rgb()) > 3 and gc.get_rgb()[3] == 0.0):
            return ()
        attributes = [*self._paint("stroke", gc.get_rgb(), gc), ("stroke-width", f"{width:.3g}")]
        _, dashes = gc.get_dashes()
        if dashes is not None:
            attributes.append(("stroke-dasharray", " ".join(f"{length:.3g}" for length in dashes)))
        if gc.get_capstyle() != "butt":
            attributes.append(("stroke-linecap", {"projecting": "square"}.get(gc.get_capstyle(), gc.get_capstyle())))
        return tuple(attributes)

    def _paint(self, kind: str, rgb: Any, gc: Any = None) -> _Attributes:
        """Return a colour, and how much shines through it."""
        opacity = rgb[3] if len(rgb) > 3 else 1.0
        if gc is not None and gc.get_forced_alpha():
            opacity = gc.get_alpha()
        solid = ((kind, to_hex(rgb)),)
        return solid if opacity == 1.0 else (*solid, (f"{kind}-opacity", f"{opacity:.3g}"))

    def _is_solid(self, gc: Any) -> bool:
        """Return whether shapes that look alike may become one: where nothing shines through what lies over it."""
        return not gc.get_forced_alpha() or gc.get_alpha() == 1.0

    def _clip(self, gc: Any, path: Path) -> _Attributes:
        """Return what a path is clipped to; nothing where it lies inside anyway."""
        area, transform = gc.get_clip_path()
        box = gc.get_clip_rectangle() if area is None else transform.transform_path(area).get_extents()
        if box is None:
            return ()
        left, upper, right, lower = box.x0, self.height - box.y1, box.x1, self.height - box.y0
        inside, room = path.get_extents(), 1.0 / _UNIT
        is_across = left - room <= inside.x0 and inside.x1 <= right + room
        if is_across and upper - room <= inside.y0 and inside.y1 <= lower + room:
            return ()
        clip = self.clips.setdefault((left, upper, right, lower), f"{self.name}-clip{len(self.clips) + 1}")
        return (("clip-path", f"url(#{clip})"),)


def escaped(text: str) -> str:
    """Return text as it stands in an element or an attribute; control characters, which XML cannot hold, as pictures.

    Examples
    --------
    >>> escaped('<a "b" & c>'), escaped("a" + chr(0) + "b")
    ('&lt;a &quot;b&quot; &amp; c&gt;', 'a␀b')
    """
    return (
        text.translate(_CONTROL_PICTURES)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
    )


def _isolated(text: str) -> str:
    """Return text that is read from the side where its first letter says, in a drawing that is read from the left."""
    if not text.isascii() and any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text):
        return f"{_ISOLATE}{text}{_END_OF_ISOLATE}"
    return text


def _written(attributes: _Attributes) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes)


def _path_data(path: Path) -> str:
    """Return a path in steps from point to point, each point rounded by itself: no error grows along the way."""
    parts: list[str] = []
    x = y = 0
    start = (0, 0)
    for vertices, code in path.iter_segments(simplify=False, curves=True):
        if code == Path.CLOSEPOLY:
            parts.append("z")
            x, y = start
            continue
        if code == Path.STOP:
            continue
        points = [round(_UNIT * float(value)) for value in vertices]
        if code == Path.MOVETO:
            x, y = start = (points[0], points[1])
            parts.append(f"M{_number(x)} {_number(y)}")
            continue
        steps = [value - (x, y)[place % 2] for place, value in enumerate(points)]
        x, y = points[-2], points[-1]
        if code == Path.LINETO:
            if steps == [0, 0]:
                continue
            letter, steps = ("v", steps[1:]) if not steps[0] else ("h", steps[:1]) if not steps[1] else ("l", steps)
        else:
            letter = "q" if code == Path.CURVE3 else "c"
        parts.append(letter + " ".join(map(_number, steps)))
    return re.sub(r" (?=-)", "", "".join(parts)) if len(parts) > 1 else ""


def _number(hundredths: int) -> str:
    """Return hundredths as the shortest number.

    Examples
    --------
    >>> _number(1250), _number(-50), _number(300)
    ('12.5', '-.5', '3')
    """
    text = f"{hundredths / _UNIT:.2f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
