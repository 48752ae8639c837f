"""The shapes that burned-in things are made of, drawn with Pillow: rounded panels, text with a soft shadow."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

from encoder.compositor.typesetting import TextBlock
from gshop_studio.domain.scene import Align

_OVERSAMPLING = 4
_SHADOW_OPACITY = 0.55


def blank(width: float, height: float) -> Image.Image:
    """A transparent image, of at least a pixel."""
    return Image.new("RGBA", (max(1, round(width)), max(1, round(height))))


def rounded_mask(width: int, height: int, radius: float) -> Image.Image:
    """White within rounded corners, with smooth edges."""
    mask = Image.new("L", (width, height), 255)
    side = min(round(radius), width // 2, height // 2)
    if side < 1:
        return mask
    # Pillow's own corners are jagged: one is drawn large, scaled down, and turned for the other three.
    corner = Image.new("L", (side * _OVERSAMPLING,) * 2)
    ImageDraw.Draw(corner).ellipse((0, 0, side * _OVERSAMPLING * 2 - 1, side * _OVERSAMPLING * 2 - 1), 255)
    corner = corner.resize((side, side), Image.Resampling.BOX)
    flip, turn = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM
    mask.paste(corner, (0, 0))
    mask.paste(corner.transpose(flip), (width - side, 0))
    mask.paste(corner.transpose(turn), (0, height - side))
    mask.paste(corner.transpose(flip).transpose(turn), (width - side, height - side))
    return mask


def panel(width: float, height: float, radius: float, colour: str, opacity: float, line: str = "") -> Image.Image:
    """A filled rectangle with rounded corners and, if wanted, a hairline at its edge."""
    size = max(1, round(width)), max(1, round(height))
    image = Image.new("RGBA", size, (*ImageColor.getrgb(colour), 0))
    mask = rounded_mask(*size, radius)
    image.putalpha(mask.point(lambda value: round(value * opacity)))
    if line and min(size) > 8:
        inner = Image.new("L", size)
        inner.paste(rounded_mask(size[0] - 2, size[1] - 2, radius - 1), (1, 1))
        image.paste((*ImageColor.getrgb(line), 255), mask=ImageChops.subtract(mask, inner))
    return image


def pasted_round(image: Image.Image, picture: Image.Image, left: float, top: float, radius: float) -> None:
    """The picture with rounded corners into the image."""
    rounded = picture.copy()
    mask = rounded_mask(picture.width, picture.height, radius)
    rounded.putalpha(ImageChops.multiply(picture.getchannel("A"), mask))
    image.alpha_composite(rounded, (round(left), round(top)))


def write(
    image: Image.Image, block: TextBlock, left: float, top: float, width: float, colour: str, align: Align = Align.LEFT
) -> None:
    """Lines of text into a column that begins there."""
    mask = Image.new("L", image.size)
    draw = ImageDraw.Draw(mask)
    _, cap_top, _, cap_bottom = block.font.getbbox("H")
    for index, line in enumerate(block.lines):
        spare = width - block.font.getlength(line)
        x = left + {Align.LEFT: 0.0, Align.CENTER: spare / 2, Align.RIGHT: spare}[align]
        middle = top + block.line_px * (index + 0.5)
        draw.text((x, middle - (cap_top + cap_bottom) / 2), line, 255, block.font)
    # Drawn as a mask: Pillow would darken the edges of letters on a transparent ground.
    ink = Image.new("RGBA", image.size, (*ImageColor.getrgb(colour), 0))
    ink.putalpha(mask)
    image.alpha_composite(ink)


def struck_through(image: Image.Image, block: TextBlock, left: float, top: float, colour: str) -> None:
    """One line of text with a stroke through it: what something cost before."""
    write(image, block, left, top, block.width_px, colour)
    middle, half = top + block.line_px / 2, max(1.0, block.px / 16)
    ImageDraw.Draw(image).rectangle((left, middle - half, left + block.width_px, middle + half - 1), colour)


def shadowed(image: Image.Image, blur: float) -> Image.Image:
    """The image over a soft dark shadow of itself, which keeps words readable on any picture."""
    shade = Image.new("RGBA", image.size)
    alpha = image.getchannel("A").filter(ImageFilter.GaussianBlur(blur))
    shade.putalpha(alpha.point(lambda value: min(255, round(value * 2 * _SHADOW_OPACITY))))
    offset = Image.new("RGBA", image.size)
    offset.paste(shade, (0, max(1, round(blur / 3))))
    offset.alpha_composite(image)
    return offset
