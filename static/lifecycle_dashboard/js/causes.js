/** The causes of ends, as the server's vocabulary describes them. */

/** @typedef {{label: string, meaning: string, next: string, abnormal: boolean, initiator: string}} Cause */

/** @type {Record<string, Cause>} */
let causes = {};

/**
 * Set the causes that the other functions look up.
 *
 * @param {Record<string, Cause>} table by name
 */
export function useCauses(table) {
  causes = table;
}

/**
 * Return what the vocabulary says about a cause. A cause of a newer release has its name as its label.
 *
 * @param {string} name
 * @returns {Cause}
 */
export function causeOf(name) {
  return causes[name] ?? { label: name, meaning: "", next: "", abnormal: true, initiator: "unknown" };
}

/** Return the names of all causes, abnormal ones first: closes are stacked in this order, from the axis up. */
export function causesInOrder() {
  const names = Object.keys(causes);
  return [...names.filter((name) => causeOf(name).abnormal), ...names.filter((name) => !causeOf(name).abnormal)];
}
