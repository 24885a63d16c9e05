/** The few things that the status page does with the document. */

/**
 * Return the element with this id, which the template promises.
 *
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`The page has no element #${id}`);
  }
  return element;
}

/**
 * Put a text into an element; leave one alone that says it already, and a dash where there is none.
 *
 * @param {string} id
 * @param {string} [text]
 */
export function show(id, text) {
  const element = byId(id);
  const shown = text || "–";
  if (element.textContent !== shown) {
    element.textContent = shown;
  }
}

/**
 * Make an element with a text.
 *
 * @param {string} tag
 * @param {string} [text]
 * @returns {any}
 */
export function make(tag, text = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
