/** sessionStorage, which a browser may deny, fill up, or let others change. */

/**
 * Return a stored text and remove it; null if there is none or storage is denied.
 *
 * @param {string} key
 */
export function taken(key) {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return text;
  } catch {
    return null;
  }
}

/**
 * Store a text, unless storage is denied or full.
 *
 * @param {string} key
 * @param {string} text
 */
export function put(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // The next page starts without a memory.
  }
}

/**
 * Return the object in a stored text; null if there is none or it is not JSON.
 *
 * @param {string|null} text
 * @returns {any}
 */
export function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
