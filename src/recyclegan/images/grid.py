"""A labelled contact sheet of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

FONT_PATH = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
"""Unlike Pillow's own font it has arrows, Greek and Cyrillic."""

BACKGROUND = (250, 250, 250)
INK = (40, 40, 40)
GAP = 4
"""Pixels between neighbours and around the sheet."""


def picture_grid(
    rows: Sequence[Sequence[Image.Image]],
    column_titles: Sequence[str],
    row_titles: Sequence[str] = (),
) -> Image.Image:
    """Return rows of pictures on one sheet, titled above each column and left of each row.

    Pictures keep their pixels and are centred in cells of the largest one's size; a column is
    widened where its title needs it.
    """
    pictures = [picture for row in rows for picture in row]
    tile_width = max(picture.width for picture in pictures)
    tile_height = max(picture.height for picture in pictures)
    font_size = max(10, tile_width // 8)
    font = ImageFont.truetype(FONT_PATH, font_size)
    num_columns = max(map(len, (column_titles, *rows)))

    title_width = max((round(font.getlength(title)) for title in column_titles), default=0)
    cell_width = max(tile_width, title_width) + GAP
    cell_height = tile_height + GAP
    margin = max((round(font.getlength(title)) + 2 * GAP for title in row_titles), default=0)
    header = font_size + 2 * GAP if column_titles else 0

    size = (margin + num_columns * cell_width + GAP, header + len(rows) * cell_height + GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(sheet)

    def centre(row: int, column: int) -> tuple[int, int]:
        x = margin + GAP + column * cell_width + (cell_width - GAP) // 2
        return x, header + GAP + row * cell_height + tile_height // 2

    for column, title in enumerate(column_titles):
        draw.text((centre(0, column)[0], GAP + header // 2), title, INK, font, anchor="mm")
    for row, title in enumerate(row_titles):
        draw.text((margin - GAP, centre(row, 0)[1]), title, INK, font, anchor="rm")
    for row, line in enumerate(rows):
        for column, picture in enumerate(line):
            x, y = centre(row, column)
            sheet.paste(picture, (x - picture.width // 2, y - picture.height // 2))
    return sheet
