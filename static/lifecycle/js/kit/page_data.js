/** What the template wrote into the page for its scripts. */

/** The language of the page's texts and numbers; English outside a page. */
export const LANGUAGE = globalThis.document?.documentElement.lang || "en";

/**
 * Return the data that the template wrote with `json_script` under this id.
 *
 * @param {string} id
 * @returns {any}
 * @throws {Error} if the page has no such data
 */
export function pageData(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) {
    throw new Error(`The page has no data #${id}`);
  }
  return JSON.parse(text);
}
