/** The log of the socket's events, newest first. It keeps the latest `MAX_ENTRIES` entries and can be paused. */

import { byId, make, setTime, show } from "./kit/dom.js";
import { say } from "./kit/texts.js";
import { clock, now } from "./kit/times.js";

const MAX_ENTRIES = 200;
const MAX_CHARS = 500; // longer texts are cut off

export class LogView {
  constructor() {
    this.list = byId("log");
    this.paused = false;
    /** @type {Element[]} entries that arrived during a pause, oldest first */
    this.held = [];
    byId("log-pause").addEventListener("click", () => this.toggle());
  }

  /**
   * Add an entry with the current time.
   *
   * @param {"open"|"sent"|"message"|"close"|"error"|"page"} kind
   * @param {string} text
   */
  add(kind, text) {
    const line = entry(kind, text);
    if (this.paused) {
      this.held = [...this.held, line].slice(-MAX_ENTRIES);
      this.showButton();
    } else {
      this.insert(line);
    }
  }

  /** @param {Element} line */
  insert(line) {
    this.list.prepend(line);
    while (this.list.children.length > MAX_ENTRIES) {
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
  const line = make("li", "entry", time, make("b", "", say(`kind.${kind}`)), make("span", "", shortened(text)));
  line.dataset.kind = kind;
  return line;
}

/** @param {string} text */
function shortened(text) {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}
