/** The data that the template wrote into the page for its scripts. */

/** The language of the page's texts and numbers. English if there is no page, as in unit tests. */
export const LANGUAGE = globalThis.document?.documentElement.lang || "en";

/**
 * Return the data that the template wrote with Django's `json_script` filter under this ID.
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
