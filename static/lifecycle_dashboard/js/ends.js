/** The latest ends, exactly as the snapshot has them; they can be held still to be read. */

import { codeText, fillCause } from "./cells.js";
import { byId, element, onlyChild, setText, setTime } from "./dom.js";
import { clock, duration, moment } from "./format.js";
import { drawRows, numberColumn } from "./rows.js";
import { say } from "./words.js";

const PLACEHOLDER = "00000000-0000-0000-0000-000000000000";

export class Ends {
  #latest = [];
  #paused = false;
  #columns;

  /** @param {string} connectionUrl the admin's page of a connection, with the nil uuid in the place of its id */
  constructor(connectionUrl) {
    const address = (id) => connectionUrl.replace(PLACEHOLDER, encodeURIComponent(id));
    this.#columns = [
      { className: "when", fill: (cell, end) => fillWhen(cell, end, address(end.id)) },
      { className: "endpoint", fill: fillEndpoint },
      { className: "code", fill: (cell, end) => setText(cell, codeText(end)) },
      { className: "verdict", fill: (cell, { cause }) => fillCause(cell, cause) },
      numberColumn(({ duration_s: s }) => duration(s)),
    ];
    byId("pause-ends").addEventListener("click", () => this.#toggle());
  }

  /** @param {object[]} ends of the snapshot */
  draw(ends) {
    this.#latest = ends;
    if (!this.#paused) drawRows(byId("ends-table"), ends, ({ id }) => id, this.#columns);
  }

  #toggle() {
    this.#paused = !this.#paused;
    const button = byId("pause-ends");
    button.setAttribute("aria-pressed", this.#paused);
    setText(button, say(this.#paused ? "ends.resume" : "ends.pause"));
    setText(byId("ends-note"), this.#paused ? say("ends.paused", { time: clock(Date.now() / 1000) }) : "");
    this.draw(this.#latest);
  }
}

function fillWhen(cell, { at }, href) {
  const link = onlyChild(cell, () => element("a", "", element("time")));
  if (link.getAttribute("href") !== href) {
    link.href = href;
    link.setAttribute("aria-label", say("end.link", { time: moment(at) }));
  }
  setTime(link.firstElementChild, at, moment(at));
}

function fillEndpoint(cell, { endpoint }) {
  setText(cell, endpoint);
  if (cell.title !== endpoint) cell.title = endpoint;
}
