/**
 * Colours, from the custom properties of palette.css. A cause has one colour everywhere, and the abnormal
 * ones are hatched as well; an endpoint keeps the slot that it got when it was first seen.
 */

import { causeOf } from "./words.js";

const SLOTS = 7;
const OTHERS = "others";
const AREA_ALPHA = 0.5;
const HATCH_PX = 6;
const slots = new Map();

/**
 * The slot of an endpoint: "1" to "7", then "others".
 * @param {string} endpoint
 */
export function slotOf(endpoint) {
  if (!slots.has(endpoint)) slots.set(endpoint, slots.size < SLOTS ? String(slots.size + 1) : OTHERS);
  return slots.get(endpoint);
}

/** @param {string} slot */
export const isShared = (slot) => slot === OTHERS;

/** The theme's colours as they are now, ready for a canvas. */
export function readPalette() {
  const colours = new Map();
  const patterns = new Map();
  const colour = (name, otherwise = "text") => {
    if (!colours.has(name)) colours.set(name, resolve(`var(--${name}, var(--${otherwise}))`));
    return colours.get(name);
  };
  const cause = (name) => colour(`cause-${name.replaceAll("_", "-")}`, "cause-unknown");
  const hatched = (name) => {
    if (!patterns.has(name)) patterns.set(name, hatch(cause(name), colour("surface")));
    return patterns.get(name);
  };
  return {
    text: colour("text"),
    quiet: colour("quiet"),
    hairline: colour("hairline"),
    surface: colour("surface"),
    bad: colour("bad"),
    font: getComputedStyle(document.body).fontFamily,
    cause,
    causeFill: (name) => (causeOf(name).abnormal ? hatched(name) : cause(name)),
    series: (slot) => colour(`series-${slot}`),
    seriesFill: (slot) => colour(`series-${slot}`).replace(/^rgb\((.*)\)$/, `rgba($1, ${AREA_ALPHA})`),
  };
}

/** A colour as `rgb(...)`. An element must resolve it: a custom property by itself reads as `light-dark(...)`. */
function resolve(value) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = value;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** A canvas pattern of diagonal strokes: tells abnormal from normal without colour. */
function hatch(colour, ground) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_PX;
  const context = tile.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, HATCH_PX, HATCH_PX);
  context.strokeStyle = ground;
  context.lineWidth = 1.25;
  context.beginPath();
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    context.moveTo(shift - 1, HATCH_PX + 1);
    context.lineTo(shift + HATCH_PX + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, "repeat");
}
