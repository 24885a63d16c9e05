/** Access to sessionStorage. The browser may deny it, it may be full, and other scripts may change it. */

/**
 * Remove a stored text and return it; null if there is none or the browser denies storage.
 *
 * @param {string} key
 */
export function takeItem(key) {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return text;
  } catch {
    return null;
  }
}

/**
 * Store a text. Do nothing if storage is denied or full.
 *
 * @param {string} key
 * @param {string} text
 */
export function storeItem(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // The next page starts without this text.
  }
}

/**
 * Parse a stored text as JSON; return null if the text is null or not JSON.
 *
 * @param {string|null} text
 * @returns {any}
 */
export function parseObject(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
