/** Hatching, which marks abnormal causes for users who cannot distinguish the colours. */

const TILE_PX = 6;

/**
 * Return a pattern of diagonal strokes; the plain colour if the browser cannot draw it.
 *
 * @param {string} colour
 * @param {string} stroke
 * @returns {CanvasPattern|string}
 */
export function hatch(colour, stroke) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE_PX;
  const context = tile.getContext("2d");
  if (!context) {
    return colour;
  }
  context.fillStyle = colour;
  context.fillRect(0, 0, TILE_PX, TILE_PX);
  context.strokeStyle = stroke;
  context.lineWidth = 1.25;
  context.beginPath();
  for (const shift of [-TILE_PX, 0, TILE_PX]) {
    context.moveTo(shift - 1, TILE_PX + 1);
    context.lineTo(shift + TILE_PX + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, "repeat") ?? colour;
}
