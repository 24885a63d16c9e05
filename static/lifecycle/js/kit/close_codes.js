/** Looks up the meaning of close codes in the vocabulary that the server wrote into the page. */

/** @typedef {{name: string, meaning: string, next: string}} Meaning `next` is what to check next */

/**
 * @typedef {object} CodeVocabulary
 * @property {Record<string, Meaning>} codes meanings of single codes
 * @property {Record<string, Meaning>} code_ranges meanings of ranges, by their limits, such as "4000-4999"
 */

/** @type {CodeVocabulary} */
let vocabulary = { codes: {}, code_ranges: {} };

/**
 * Set the vocabulary that the other functions use.
 *
 * @param {CodeVocabulary} data
 */
export function useCloseCodes(data) {
  vocabulary = data;
}

/**
 * Return whether the vocabulary has an entry for this code itself, rather than only for its range.
 *
 * @param {number} code
 */
export function isNamed(code) {
  return String(code) in vocabulary.codes;
}

/**
 * Return the meaning of a code, or else of its range. The texts are empty for a number outside all ranges.
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
