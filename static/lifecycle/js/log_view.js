/** The log: what happened to the socket, newest first, capped, and still while somebody reads. */

import { byId, make, show } from "./dom.js";
import { say, showTime } from "./words.js";

const KEPT = 200;
const LONGEST = 500; // characters of an entry

export class LogView {
  constructor() {
    this.list = byId("log");
    this.paused = false;
    /** @type {Element[]} what came while paused, oldest first */
    this.held = [];
    byId("log-pause").addEventListener("click", () => this.toggle());
  }

  /**
   * Note what happened, now.
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
      this.list.lastElementChild.remove();
    }
  }

  toggle() {
    this.paused = !this.paused;
    this.held.forEach((line) => this.insert(line));
    this.held = [];
    this.showButton();
  }

  showButton() {
    show("log-pause", this.paused ? say("resume", { count: this.held.length }) : say("pause"));
  }
}

/**
 * @param {string} kind
 * @param {string} text
 */
function entry(kind, text) {
  const line = make("li");
  const time = make("time");
  showTime(time, Date.now());
  line.className = "entry";
  line.dataset.kind = kind;
  line.append(time, make("b", say(`kind_${kind}`)), make("span", shortened(text)));
  return line;
}

/** @param {string} text */
function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
