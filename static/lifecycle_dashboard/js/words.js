/** The words of the page: translated by the server, filled in here. */

/** @param {string} id of a json_script element */
function read(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

const words = read("words");
const vocabulary = read("vocabulary");
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

/**
 * A phrase with its `{name}` places filled in.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function say(key, values = {}) {
  const phrase = words[key] ?? key;
  return phrase.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/**
 * The form of a phrase that fits a count; `shown` is the count as written.
 * @param {string} key
 * @param {number} n
 * @param {string} shown
 */
export function sayCount(key, n, shown) {
  const form = `${key}.${plural.select(n)}`;
  return say(form in words ? form : `${key}.other`, { n: shown });
}

/**
 * What the vocabulary says about a cause; a cause that it does not have yet shows under its own name.
 * @param {string} name
 * @returns {{label: string, meaning: string, next: string, abnormal: boolean, initiator: string}}
 */
export function causeOf(name) {
  return vocabulary.causes[name] ?? { label: name, meaning: "", next: "", abnormal: false, initiator: "unknown" };
}

/** Every cause, the abnormal ones first: the order in which closes are stacked, so that trouble stands on the axis. */
export function causesInOrder() {
  const names = Object.keys(vocabulary.causes);
  return [...names.filter((name) => causeOf(name).abnormal), ...names.filter((name) => !causeOf(name).abnormal)];
}

/**
 * What a close code stands for: its registered name, else the range that it lies in.
 * @param {number} code
 * @returns {{name: string, meaning: string, next: string}}
 */
export function codeOf(code) {
  const known = vocabulary.codes[String(code)];
  if (known) return known;
  const inRange = ([range]) => {
    const [low, high] = range.split("-").map(Number);
    return code >= low && code <= high;
  };
  const [, name = ""] = Object.entries(vocabulary.code_ranges ?? {}).find(inRange) ?? [];
  return { name, meaning: "", next: "" };
}
