/** What close codes mean: a code's own meaning, or that of its range. The server's vocabulary holds both. */

/** @typedef {{name: string, meaning: string, next: string}} Meaning `next` says what to check next */

/**
 * @typedef {object} CodeVocabulary
 * @property {Record<string, Meaning>} codes
 * @property {Record<string, Meaning>} code_ranges by limits, as in "4000-4999"
 */

/** @type {CodeVocabulary} */
let vocabulary = { codes: {}, code_ranges: {} };

/**
 * Set the vocabulary that the other functions look codes up in.
 *
 * @param {CodeVocabulary} data
 */
export function useCloseCodes(data) {
  vocabulary = data;
}

/**
 * Return whether a code has a meaning of its own.
 *
 * @param {number} code
 */
export function isNamed(code) {
  return String(code) in vocabulary.codes;
}

/**
 * Return what a close code means. The texts are empty for a number that is not a close code.
 *
 * @param {number} code
 * @returns {Meaning}
 */
export function codeMeaning(code) {
  return vocabulary.codes[String(code)] ?? rangeMeaning(code) ?? { name: "", meaning: "", next: "" };
}

/** @param {number} code */
function rangeMeaning(code) {
  const found = Object.entries(vocabulary.code_ranges).find(([limits]) => {
    const [low, high] = limits.split("-").map(Number);
    return code >= low && code <= high;
  });
  return found?.[1];
}
