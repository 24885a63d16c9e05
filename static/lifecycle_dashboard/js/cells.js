/** Cells that more than one table has. */

import { element, onlyChild, setText } from "./dom.js";
import { setCause, swatch } from "./legend.js";
import { causeOf, say } from "./words.js";

/** A cause: its patch of colour, its name, and the word "abnormal" where it is. */
export function fillCause(node, cause) {
  const label = onlyChild(node, () => element("span", "cause", swatch(), element("span", "cause-name")));
  setCause(label.children[0], cause);
  setText(label.children[1], causeOf(cause).label);
  if (label.title !== causeOf(cause).label) label.title = causeOf(cause).label;
}

/** A close code as words: the number, "refused" before accept, "no code" where nobody knows it. */
export function codeText({ state, code }) {
  if (state === "rejected") return say("end.refused");
  return code === null ? say("end.no_code") : String(code);
}

/** Who ended it, in words. */
export const initiatorText = ({ initiator }) => say(`initiator.${initiator}`);
