/** Links from the live page to the list of connections, with filters. */

import { make, onlyChild, setText } from "../../lifecycle/js/kit/dom.js";

/** @typedef {Record<string, string|number|null|undefined>} Filters by the names that the list's address has */

/** The list, relative to the live page. */
const LIST = "connections/";

/**
 * Return the address of the connections that meet all filters. A filter without a value is left out.
 *
 * @param {Filters} filters
 */
export function explorerAddress(filters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== null && value !== undefined && value !== "") {
      query.set(name, String(value));
    }
  }
  return `${LIST}?${query}`.replace(/\?$/, "");
}

/**
 * Write a text into an element as a link to its connections.
 *
 * @param {HTMLElement} parent
 * @param {string} text
 * @param {Filters} filters
 */
export function fillLink(parent, text, filters) {
  const link = onlyChild(parent, () => make("a", "to-list"));
  const href = explorerAddress(filters);
  if (link.getAttribute("href") !== href) {
    link.href = href;
  }
  setText(link, text);
}

/**
 * Turn the text that the template wrote into an element into a link to its connections.
 *
 * @param {HTMLElement} parent
 * @param {Filters} filters
 */
export function linkText(parent, filters) {
  if (!parent.firstElementChild) {
    const text = parent.textContent ?? "";
    parent.replaceChildren();
    fillLink(parent, text, filters);
  }
}
