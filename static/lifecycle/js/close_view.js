/** How the last connection ended, as this page saw it, and for how long there has been none since. */

import { closeMeaning } from "./close_codes.js";
import { byId, show } from "./dom.js";
import { duration, say, showTime } from "./words.js";

const TICK_MS = 500;

export class CloseView {
  constructor() {
    /** @type {number|null} Unix ms: since when there is no connection; null while there is one */
    this.offlineSince = null;
    setInterval(() => this.tick(), TICK_MS);
  }

  /**
   * Show a close; but of tries that fail one after another only the first, and none in the place of the
   * close that began them: that one is the news.
   *
   * @param {import("./close_codes.js").Close} close
   * @param {string|null} connection
   * @param {number} [at] Unix ms
   */
  closed(close, connection, at = Date.now()) {
    if (this.offlineSince !== null && !close.opened) {
      return;
    }
    this.offlineSince = at;
    const { name, meaning, next } = closeMeaning(close);
    byId("close-none").hidden = true;
    byId("close-facts").hidden = false;
    show("close-code", close.code === null ? say("code_unknown") : String(close.code));
    show("close-name", name);
    show("close-meaning", meaning);
    show("close-next", next);
    show("last-reason", close.reason || say("no_reason"));
    show("last-sent", close.sent ? sentLine(close.sent) : "");
    show("last-clean", say(close.clean ? "clean" : "not_clean"));
    show("last-connection", connection ?? "");
    showTime(byId("last-at"), at);
    this.tick();
  }

  /** Stop the clock: there is a connection again. */
  opened() {
    this.tick();
    this.offlineSince = null;
  }

  tick() {
    if (this.offlineSince !== null && !document.hidden) {
      show("last-offline", duration(Date.now() - this.offlineSince));
    }
  }
}

/** @param {{code: number, reason: string}} sent */
function sentLine({ code, reason }) {
  return reason ? say("code_and_reason", { code, reason }) : String(code);
}
