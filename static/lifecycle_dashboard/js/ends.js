/** The table of the latest ends, updated with each picture. The user can pause it. */

import { byId, make, onlyChild, setText, setTime, setTitle } from "../../lifecycle/js/kit/dom.js";
import { duration } from "../../lifecycle/js/kit/durations.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { clock, clockOrDate, now } from "../../lifecycle/js/kit/times.js";
import { codeText, fillCause } from "./cells.js";
import { fillLink } from "./explorer_links.js";
import { known } from "./format.js";
import { drawRows, numberColumn } from "./rows.js";

/** @typedef {import("./contract.js").EndRow} EndRow */

const PLACEHOLDER = "00000000-0000-0000-0000-000000000000";

export class Ends {
  /** @type {EndRow[]} */
  #latest = [];
  #paused = false;
  #columns;

  /** @param {string} connectionUrl the URL of a connection's admin page, with the nil UUID as its ID */
  constructor(connectionUrl) {
    this.#columns = columnsOf((id) => connectionUrl.replace(PLACEHOLDER, encodeURIComponent(id)));
    byId("pause-ends").addEventListener("click", () => this.#toggle());
  }

  /** @param {EndRow[]} ends newest first */
  draw(ends) {
    this.#latest = ends;
    if (!this.#paused) {
      drawRows("ends-table", ends, ({ id }) => id, this.#columns);
    }
  }

  #toggle() {
    this.#paused = !this.#paused;
    const button = byId("pause-ends");
    button.setAttribute("aria-pressed", String(this.#paused));
    setText(button, say(this.#paused ? "ends.resume" : "ends.pause"));
    setText(byId("ends-note"), this.#paused ? say("ends.paused", { time: clock(now()) }) : "");
    this.draw(this.#latest);
  }
}

/**
 * @param {(id: string) => string} address
 * @returns {import("./rows.js").Column<EndRow>[]}
 */
function columnsOf(address) {
  return [
    { className: "when", fill: (cell, end) => fillWhen(cell, end, address(end.id)) },
    { className: "endpoint", fill: fillEndpoint },
    { className: "code", fill: (cell, end) => setText(cell, codeText(end)) },
    { className: "verdict", fill: (cell, { cause }) => fillCause(cell, cause) },
    numberColumn(({ duration_s: s }) => known(s, duration)),
  ];
}

/**
 * @param {HTMLElement} cell
 * @param {EndRow} end
 * @param {string} href
 */
function fillWhen(cell, { at }, href) {
  const link = onlyChild(cell, () => make("a", "", make("time")));
  if (link.getAttribute("href") !== href) {
    link.href = href;
    link.setAttribute("aria-label", say("end.link", { time: clockOrDate(at) }));
  }
  setTime(onlyChild(link, () => make("time")), at, clockOrDate(at));
}

/**
 * @param {HTMLElement} cell
 * @param {EndRow} end
 */
function fillEndpoint(cell, { endpoint }) {
  fillLink(cell, endpoint, { endpoint });
  setTitle(cell, endpoint);
}
