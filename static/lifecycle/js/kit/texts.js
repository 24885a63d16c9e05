/**
 * The page's texts, translated by the server.
 *
 * The entry script of a page must call `useTexts` before it calls other modules.
 */

/** @type {Record<string, string>} */
let texts = {};
let plural = new Intl.PluralRules("en");

/**
 * Set the texts that `say` and `sayCount` look up.
 *
 * @param {Record<string, string>} table by dotted key
 * @param {string} language selects the plural forms
 */
export function useTexts(table, language) {
  texts = table;
  plural = new Intl.PluralRules(language);
}

/**
 * Return the text for a key, with its `{name}` placeholders filled in; the key itself if it is unknown.
 *
 * @param {string} key
 * @param {Record<string, string|number|undefined>} [values] by name; a placeholder without a value is left in the text
 */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/**
 * Return the plural form of a text for a number: `key.one`, `key.other` and so on. `{n}` is the number.
 *
 * @param {string} key
 * @param {number} n
 * @param {string} [shown] the formatted number
 */
export function sayCount(key, n, shown = String(n)) {
  const form = `${key}.${plural.select(n)}`;
  return say(form in texts ? form : `${key}.other`, { n: shown });
}
