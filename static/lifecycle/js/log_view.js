/** The log: what happened to the socket, newest first, limited in length; it stands still while it is paused. */

import { visible } from "./kit/bidi.js";
import { byId, make, setTime, show } from "./kit/dom.js";
import { say } from "./kit/texts.js";
import { clock, now } from "./kit/times.js";

const KEPT = 200;
const LONGEST = 500; // characters of an entry

export class LogView {
  constructor() {
    this.list = byId("log");
    this.paused = false;
    /** @type {Element[]} entries that arrived during a pause, oldest first */
    this.held = [];
    byId("log-pause").addEventListener("click", () => this.toggle());
  }

  /**
   * Add an entry with the present time.
   *
   * @param {"open"|"sent"|"message"|"close"|"error"|"page"} kind
   * @param {string} text
   */
  add(kind, text) {
    const line = entry(kind, text);
    if (this.paused) {
      this.held = [...this.held, line].slice(-KEPT);
      this.showButton();
    } else {
      this.insert(line);
    }
  }

  /** @param {Element} line */
  insert(line) {
    this.list.prepend(line);
    while (this.list.children.length > KEPT) {
      this.list.lastElementChild?.remove();
    }
  }

  toggle() {
    this.paused = !this.paused;
    this.held.forEach((line) => this.insert(line));
    this.held = [];
    this.showButton();
  }

  showButton() {
    show("log-pause", this.paused ? say("log.resume", { count: this.held.length }) : say("log.pause"));
  }
}

/**
 * @param {string} kind
 * @param {string} text
 */
function entry(kind, text) {
  const time = make("time");
  setTime(time, now(), clock(now()));
  const line = make("li", "entry", time, make("b", "", say(`kind.${kind}`)), make("span", "", visible(shortened(text))));
  line.dataset.kind = kind;
  return line;
}

/** @param {string} text */
function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
