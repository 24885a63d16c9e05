/** Table cells that several tables share. */

import { childrenOf, make, onlyChild, setText, setTitle } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { causeOf } from "./causes.js";
import { setCause, swatch } from "./legend.js";

/**
 * Write a cause into a cell: its colour and its label.
 *
 * @param {HTMLElement} cell
 * @param {string} cause
 */
export function fillCause(cell, cause) {
  const label = onlyChild(cell, () => make("span", "cause", swatch(), make("span", "cause-name")));
  const [patch, name] = childrenOf(label);
  setCause(patch, cause);
  setText(name, causeOf(cause).label);
  setTitle(label, causeOf(cause).label);
}

/**
 * Return a close code as text. A refused handshake has no code.
 *
 * @param {{state: string, code: number|null}} end
 */
export function codeText({ state, code }) {
  if (state === "rejected") {
    return say("end.refused");
  }
  return code === null ? say("end.no_code") : String(code);
}

/** @param {{initiator: string}} end */
export function initiatorText({ initiator }) {
  return say(`initiator.${initiator}`);
}
