"""The compositor: named inputs, the scene that is on, overlays and transitions, as one source for the video loop.

`picture_at` lives on the video loop's thread. Everything else may be called from any thread; `show`, `set_overlay`,
`resize` and `use_matrix` draw text and read picture files, so they are called away from the event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import av
from PIL import Image

from encoder.compositor.canvas import Canvas, Sight
from encoder.compositor.fade import Fade
from encoder.compositor.image_files import ImageFiles
from encoder.compositor.input import Input
from encoder.compositor.prepared import Drawable, PlacedSource, PreparedScene, Preparer, wanted_shapes
from encoder.compositor.ready_made import default_scene
from encoder.compositor.sprite import ONE
from encoder.errors import EngineError
from encoder.picture import FrameShape, Picture, PictureSize
from encoder.sources.slate import Slate
from encoder.sources.source import ColourMatrix, VideoSource
from gshop_studio.domain.scene import Layer, Scene, Transition, TransitionKind
from gshop_studio.engine_protocol import Fault

MAX_INPUTS = 8
MAX_OVERLAYS = 16
_CUT = Transition()


@dataclass(frozen=True, slots=True)
class _Overlay:
    layer: Layer
    images: dict[str, Image.Image]
    drawable: Drawable | None


class Compositor:
    """What the video loop shows."""

    name = "scene"
    fault: Fault | None = None

    def __init__(
        self,
        size: PictureSize,
        on_input_lost: Callable[[str, Fault], None],
        files: ImageFiles | None = None,
        matrix: ColourMatrix = ColourMatrix.BT601,
    ) -> None:
        """`on_input_lost` is called on the video loop's thread, once each time an input is lost."""
        self._on_input_lost = on_input_lost
        self._preparer = Preparer(files or ImageFiles())
        self._setting = threading.Lock()
        """One drawing call at a time. Never waited for by the video loop."""
        self._telling = threading.Lock()
        """Sources are asked for shapes in the order that was decided."""
        self._lock = threading.Lock()
        """Guards what follows. Held for moments only."""
        self._size = size
        self._matrix = matrix
        self._inputs: dict[str, Input] = {}
        self._overlays: dict[str, _Overlay] = {}
        self._images: dict[str, Image.Image] = {}
        self._is_default = True
        self._program = self._preparer.scene(default_scene(size), size, matrix, {})
        self._slates: dict[PictureSize, av.VideoFrame] = {}
        self._slates = self._slates_for(*self._program.drawables)
        self._fade: Fade | None = None
        self._revision = 0
        # Of the video loop's thread alone.
        self._canvas = Canvas()
        self._shown_as: Hashable = None
        self._drawn_revision = 0
        self._faded_frame: av.VideoFrame | None = None

    # --- what is on ---

    @property
    def scene(self) -> Scene:
        """The scene that is on, or being faded to."""
        return self._program.scene

    @property
    def overlays(self) -> tuple[str, ...]:
        """The names of what is burned in over the scenes."""
        return tuple(self._overlays)

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs' names and those of their sources."""
        with self._lock:
            return {name: held.source.name for name, held in self._inputs.items()}

    @property
    def lost(self) -> tuple[str, ...]:
        """The inputs whose source is gone for now."""
        with self._lock:
            return tuple(name for name, held in self._inputs.items() if held.is_lost)

    @property
    def size(self) -> PictureSize:
        return self._size

    @property
    def colour_matrix(self) -> ColourMatrix:
        """That of what is drawn."""
        return self._matrix

    # --- steering ---

    def use_input(self, name: str, source: VideoSource | None) -> VideoSource | None:
        """Put a source at an input, or take it away. Quick. Returns the one that was there; the caller closes it.

        Raises:
            EngineError: `engine.bad_request`, there are too many inputs.
        """
        with self._lock:
            before = self._inputs.get(name)
            if source is None:
                self._inputs.pop(name, None)
            elif before is None and len(self._inputs) >= MAX_INPUTS:
                raise EngineError(Fault("engine.bad_request", {"reason": "too many inputs"}))
            else:
                self._inputs[name] = Input(source, before)
            self._revision += 1
        self._tell_shapes()
        return before.source if before else None

    def show(self, scene: Scene, transition: Transition = _CUT) -> None:
        """Switch to a scene.

        Raises:
            SourceError: `source.unreadable`, a picture file; what was on stays on.
        """
        images = self._preparer.read_files(scene.layers)
        with self._setting:
            self._is_default = False
            self._switch(self._preparer.scene(scene, self._size, self._matrix, images), transition)
            self._images = images
        self._tell_shapes()

    def set_overlay(self, name: str, layer: Layer | None) -> None:
        """Burn a layer in over whichever scene is on, over the overlays that were set before it; or take it away.

        Raises:
            SourceError: `source.unreadable`, a picture file; what was there stays.
            EngineError: `engine.bad_request`, there are too many overlays.
        """
        images = self._preparer.read_files([layer]) if layer else {}
        with self._setting:
            overlays = dict(self._overlays)
            if layer is None:
                overlays.pop(name, None)
            elif name not in overlays and len(overlays) >= MAX_OVERLAYS:
                raise EngineError(Fault("engine.bad_request", {"reason": "too many overlays"}))
            else:
                drawable = self._preparer.layer(layer, self._size, self._matrix, images)
                overlays[name] = _Overlay(layer, images, drawable)
            fade = self._fade  # read once: the video loop may end it meanwhile
            fading = fade.before if fade else None
            slates = self._slates_for(
                *self._program.drawables,
                *(fading.drawables if fading else ()),
                *(each.drawable for each in overlays.values()),
            )
            with self._lock:
                self._overlays, self._slates = overlays, slates
                self._revision += 1
        self._tell_shapes()

    def resize(self, size: PictureSize) -> None:
        """Pictures of this size from the next tick on."""
        with self._setting:
            self._prepare_again(size, self._matrix)
        self._tell_shapes()

    def use_matrix(self, matrix: ColourMatrix) -> None:
        """Draw in these colours: those that the encoder announces."""
        with self._setting:
            if matrix is not self._matrix:
                self._prepare_again(self._size, matrix)

    def reshape(self, shape: FrameShape) -> None:
        """As a source: a compositor's pictures have a size, and nothing to crop."""
        self.resize(shape.size)

    def close(self) -> None:
        """Close the sources that are still there."""
        with self._lock:
            inputs, self._inputs = self._inputs, {}
            self._revision += 1
        for held in inputs.values():
            held.source.close()

    # --- the video loop's side ---

    def picture_at(self, due_us: int) -> Picture | None:
        """The picture of that moment, or None when nothing has changed since the last one."""
        with self._lock:
            faults = [(name, held.poll(due_us)) for name, held in self._inputs.items()]
            inputs = dict(self._inputs)
            program, fade, revision, size = self._program, self._fade, self._revision, self._size
            overlays = tuple(each.drawable for each in self._overlays.values() if each.drawable is not None)
            slates = self._slates
        for name, fault in faults:
            if fault is not None:
                self._on_input_lost(name, fault)
        weight = fade.weight_at(due_us) if fade else ONE
        if fade and weight >= ONE:
            self._end(fade)
            fade = None
        now = Sight(size, inputs, slates, {}, due_us)
        if self._shown_as is None and any(now.is_awaited(placed) for placed in program.sources):
            return None
        before = now.state_of(fade.before.drawables) if fade and fade.before else None
        shown_as = (revision, weight, before, now.state_of(program.drawables), now.state_of(overlays))
        if shown_as == self._shown_as:
            return None
        if revision != self._drawn_revision:
            self._canvas.forget()
            self._drawn_revision = revision
        self._shown_as = shown_as
        return self._compose(now, program, overlays, fade, weight)

    def _compose(
        self, now: Sight, program: PreparedScene, overlays: tuple[Drawable, ...], fade: Fade | None, weight: int
    ) -> Picture:
        if fade is None:
            self._faded_frame = None
            return self._canvas.draw(now, (*program.drawables, *overlays))
        after = self._canvas.draw(now, program.drawables)
        if fade.before is not None:
            then = Sight(now.size, now.inputs, now.slates, fade.frozen, now.due_us)
            before = self._canvas.draw(then, fade.before.drawables).frame
        else:
            assert fade.still is not None
            before = fade.still
        self._faded_frame = self._canvas.blender.faded(before, after.frame, weight)
        faded = Picture(self._faded_frame, after.captured_us, is_shared=bool(overlays))
        return self._canvas.draw_over(now, faded, overlays)

    # --- within the setting lock ---

    def _switch(self, prepared: PreparedScene, transition: Transition) -> None:
        slates = self._slates_for(*self._program.drawables, *prepared.drawables, *self._overlay_drawables())
        with self._lock:
            if transition.kind is TransitionKind.FADE:
                self._fade = self._fade_to(prepared, transition.duration_ms * 1000)
            else:
                self._fade = None
            self._program, self._slates = prepared, slates
            self._revision += 1

    def _fade_to(self, prepared: PreparedScene, duration_us: int) -> Fade:
        """Fade from what is on, which may itself be a fade."""
        still = self._faded_frame
        if self._fade is not None and still is not None:
            return Fade(duration_us, None, {}, still)
        wanted = wanted_shapes((*prepared.drawables, *self._overlay_drawables()))
        frozen = {
            name: held.newest
            for name, held in self._inputs.items()
            if held.newest is not None and name in wanted and wanted[name] != held.told
        }
        return Fade(duration_us, self._program, frozen, None)

    def _end(self, fade: Fade) -> None:
        with self._lock:
            if self._fade is fade:
                self._fade = None

    def _prepare_again(self, size: PictureSize, matrix: ColourMatrix) -> None:
        if self._is_default:
            scene, images = default_scene(size), {}
        else:
            scene, images = self._program.scene, self._images
        program = self._preparer.scene(scene, size, matrix, images)
        overlays = {
            name: _Overlay(each.layer, each.images, self._preparer.layer(each.layer, size, matrix, each.images))
            for name, each in self._overlays.items()
        }
        slates = self._slates_for(*program.drawables, *(each.drawable for each in overlays.values()))
        with self._lock:
            self._size, self._matrix = size, matrix
            self._program, self._overlays, self._slates, self._fade = program, overlays, slates, None
            self._revision += 1

    def _slates_for(self, *drawables: Drawable | None) -> dict[PictureSize, av.VideoFrame]:
        """A slate for each size that a source is shown in, drawn once."""
        sizes = {drawable.shape.size for drawable in drawables if isinstance(drawable, PlacedSource)}
        return {size: self._slates.get(size) or Slate(size).frame for size in sizes}

    def _overlay_drawables(self) -> tuple[Drawable, ...]:
        return tuple(each.drawable for each in self._overlays.values() if each.drawable is not None)

    def _tell_shapes(self) -> None:
        """Ask each source that is seen for the shape that it is seen in. Hidden ones stay as they are."""
        with self._telling:
            with self._lock:
                wanted = wanted_shapes((*self._program.drawables, *self._overlay_drawables()))
                todo: list[tuple[Input, FrameShape]] = []
                for name, shape in wanted.items():
                    held = self._inputs.get(name)
                    if held is not None and held.told != shape:
                        held.told_before, held.told = held.told, shape
                        todo.append((held, shape))
            for held, shape in todo:
                held.tell(shape)
