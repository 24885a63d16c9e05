/** Shows how the last connection ended, as this page observed it, and how long the page has been offline since. */

import { closeMeaning } from "./close_meaning.js";
import { byId, setTime, show } from "./kit/dom.js";
import { duration } from "./kit/durations.js";
import { say } from "./kit/texts.js";
import { clock } from "./kit/times.js";

/** @typedef {import("./close_meaning.js").Close} Close */

const TICK_MS = 500;

export class CloseView {
  constructor() {
    /** @type {number|null} Unix time in milliseconds; null while connected */
    this.offlineSince = null;
    setInterval(() => this.tick(), TICK_MS);
  }

  /**
   * Show a close. Failed attempts to reconnect are not shown, so the close that started the outage stays visible.
   *
   * @param {Close} close
   * @param {string|null} connection
   * @param {number} [at] Unix time in milliseconds
   */
  closed(close, connection, at = Date.now()) {
    if (this.offlineSince !== null && !close.opened) {
      return;
    }
    this.offlineSince = at;
    byId("close-none").hidden = true;
    byId("close-facts").hidden = false;
    showMeaning(close);
    showFacts(close);
    show("last-connection", connection ?? "");
    setTime(byId("last-at", HTMLTimeElement), at / 1000, clock(at / 1000));
    this.tick();
  }

  /** Stop counting the time offline, because a connection is open again. */
  opened() {
    this.tick();
    this.offlineSince = null;
  }

  tick() {
    if (this.offlineSince !== null && !document.hidden) {
      show("last-offline", duration((Date.now() - this.offlineSince) / 1000));
    }
  }
}

/** @param {Close} close */
function showMeaning(close) {
  const { name, meaning, next } = closeMeaning(close);
  show("close-code", close.code === null ? say("close.code.none") : String(close.code));
  show("close-name", name);
  show("close-meaning", meaning);
  show("close-next", next);
}

/** @param {Close} close */
function showFacts({ reason, sent, clean }) {
  show("last-reason", reason || say("close.reason.none"));
  show("last-sent", sent ? sentText(sent) : "");
  show("last-clean", say(clean ? "close.clean" : "close.unclean"));
}

/** @param {{code: number, reason: string}} sent */
function sentText({ code, reason }) {
  return reason ? say("close.sent", { code, reason }) : String(code);
}
