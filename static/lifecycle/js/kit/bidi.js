/** Makes texts from elsewhere safe to display. */

/** Characters that change the direction of the text around them (Unicode Standard Annex 9, section 2). */
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Return a text with its bidirectional control characters visible, as in `[U+202E]`. Left as they are, they could
 * reverse the rest of the line.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(CONTROLS, (control) => `[U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}
