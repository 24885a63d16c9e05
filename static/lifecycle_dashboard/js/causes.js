/** Looks up the causes of ends in the vocabulary that the server wrote into the page. */

/** @typedef {{label: string, meaning: string, next: string, abnormal: boolean, initiator: string}} Cause */

/** @type {Record<string, Cause>} */
let causes = {};

/**
 * Set the causes that the other functions use.
 *
 * @param {Record<string, Cause>} table the causes by name
 */
export function useCauses(table) {
  causes = table;
}

/**
 * Return the vocabulary's entry for a cause. A cause that the vocabulary does not have was written by a newer
 * release: its name is its label, and it counts as abnormal, as in `is_abnormal` of lifecycle/verdict/causes.py.
 *
 * @param {string} name
 * @returns {Cause}
 */
export function causeOf(name) {
  return causes[name] ?? { label: name, meaning: "", next: "", abnormal: true, initiator: "unknown" };
}

/**
 * Return names of causes in the order of the chart's layers: abnormal causes first, and in each group the order of
 * the vocabulary. Causes that the vocabulary does not have come last among the abnormal causes.
 *
 * @param {string[]} names
 */
export function layerOrder(names) {
  const positions = new Map(Object.keys(causes).map((name, position) => [name, position]));
  const position = (/** @type {string} */ name) => positions.get(name) ?? positions.size;
  const normality = (/** @type {string} */ name) => Number(!causeOf(name).abnormal);
  return [...names].sort((a, b) => normality(a) - normality(b) || position(a) - position(b));
}
