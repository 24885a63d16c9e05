/** Reads the colours of palette.css for the charts. Abnormal causes are also hatched. */

import { causeOf } from "./causes.js";
import { hatch } from "./hatch.js";

const AREA_ALPHA = 0.5;

/** The colours of the current theme, as `rgb(...)`. */
export class Palette {
  /** @type {Map<string, string>} colours by name of the custom property */
  #colours = new Map();
  /** @type {Map<string, CanvasPattern|string>} patterns by cause */
  #hatches = new Map();

  constructor() {
    this.text = this.#colour("text");
    this.quiet = this.#colour("quiet");
    this.hairline = this.#colour("hairline");
    this.surface = this.#colour("surface");
    this.bad = this.#colour("bad");
    this.font = getComputedStyle(document.body).fontFamily;
  }

  /** @param {string} name */
  cause(name) {
    return this.#colour(`cause-${name.replaceAll("_", "-")}`, "cause-unknown");
  }

  /**
   * Return the fill of the bars of a cause.
   *
   * @param {string} name
   */
  causeFill(name) {
    if (!causeOf(name).abnormal) {
      return this.cause(name);
    }
    const fill = this.#hatches.get(name) ?? hatch(this.cause(name), this.surface);
    this.#hatches.set(name, fill);
    return fill;
  }

  /** @param {string} slot */
  series(slot) {
    return this.#colour(`series-${slot}`);
  }

  /**
   * Return the fill of the area of an endpoint.
   *
   * @param {string} slot
   */
  seriesFill(slot) {
    return this.series(slot).replace(/^rgb\((.*)\)$/, `rgba($1, ${AREA_ALPHA})`);
  }

  /**
   * @param {string} name the name of a custom property, without its leading `--`
   * @param {string} [otherwise] the property to use if `name` is not defined
   */
  #colour(name, otherwise = "text") {
    const colour = this.#colours.get(name) ?? resolve(`var(--${name}, var(--${otherwise}))`);
    this.#colours.set(name, colour);
    return colour;
  }
}

/**
 * Return a CSS colour as `rgb(...)`. The colour is set on an element because the value of a custom property would
 * still contain `light-dark(...)`.
 *
 * @param {string} value
 */
function resolve(value) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = value;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
