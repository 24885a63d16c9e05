/** The state of the socket, large; for how long it has lasted, and what comes next. */

import { byId, show } from "./dom.js";
import { duration, say } from "./words.js";

const TICK_MS = 500;

export class StateView {
  constructor() {
    this.title = document.title;
    this.state = "closed";
    /** @type {number|null} on the page's clock, as the next */
    this.openedAt = null;
    /** @type {number|null} */
    this.retryAt = null;
    setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.tick());
    for (const change of ["online", "offline"]) {
      window.addEventListener(change, () => this.showNetwork());
    }
    this.showNetwork();
  }

  /** @param {{state: string, delayMs?: number, refusals?: number}} detail of a `state` event */
  enter({ state, delayMs, refusals }) {
    this.state = state;
    this.openedAt = state === "open" ? performance.now() : null;
    this.retryAt = delayMs === undefined ? null : performance.now() + delayMs;
    byId("state").dataset.state = state;
    show("state-name", say(`state_${state}`));
    show("state-about", refusals ? say("about_refused", { count: refusals }) : say(`about_${state}`));
    document.title = `${say(`state_${state}`)} · ${this.title}`;
    if (state !== "open") {
      show("connection-id");
      show("rtt");
    }
    this.tick();
  }

  /** Redraw what changes with time, if anybody looks. */
  tick() {
    if (document.hidden) {
      return;
    }
    const now = performance.now();
    show("open-for", this.openedAt === null ? "" : duration(now - this.openedAt));
    byId("next-try").hidden = this.retryAt === null;
    if (this.retryAt !== null) {
      show("next-try", say("next_try", { duration: duration(this.retryAt - now) }));
    }
  }

  showNetwork() {
    byId("offline-note").hidden = navigator.onLine;
  }
}
