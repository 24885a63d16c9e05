/** Shows the state of the socket, how long it has been open, and the time until the next attempt. */

import { byId, show } from "./kit/dom.js";
import { duration } from "./kit/durations.js";
import { say, sayCount } from "./kit/texts.js";

const TICK_MS = 500;

export class StateView {
  constructor() {
    this.title = document.title;
    /** @type {number|null} in milliseconds of `performance.now()`, as is `retryAt` */
    this.openedAt = null;
    /** @type {number|null} */
    this.retryAt = null;
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
    for (const change of ["online", "offline"]) {
      window.addEventListener(change, () => showNetwork());
    }
    showNetwork();
  }

  /** @param {{state: string, delayMs?: number, refusals?: number}} detail the detail of a `state` event */
  enter({ state, delayMs, refusals }) {
    this.openedAt = state === "open" ? performance.now() : null;
    this.retryAt = delayMs === undefined ? null : performance.now() + delayMs;
    byId("state").dataset.state = state;
    show("state-name", say(`state.${state}`));
    show("state-about", refusals ? sayCount("about.refused", refusals) : say(`about.${state}`));
    document.title = `${say(`state.${state}`)} · ${this.title}`;
    if (state !== "open") {
      show("connection-id");
      show("rtt");
    }
    this.tick();
  }

  /** Update the durations, unless the page is hidden. */
  tick() {
    if (document.hidden) {
      return;
    }
    const now = performance.now();
    show("open-for", this.openedAt === null ? "" : duration((now - this.openedAt) / 1000));
    byId("next-try").hidden = this.retryAt === null;
    if (this.retryAt !== null) {
      show("next-try", say("state.retry", { duration: duration((this.retryAt - now) / 1000) }));
    }
  }
}

function showNetwork() {
  byId("offline-note").hidden = navigator.onLine;
}
