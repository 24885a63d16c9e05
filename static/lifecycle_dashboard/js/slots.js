/** Assigns the palette's slots to endpoints. An endpoint keeps its slot until the page is left. */

const SLOTS = 7;
const OTHERS = "others";

/** @type {Map<string, string>} */
const slots = new Map();

/** Free all slots. */
export function clearSlots() {
  slots.clear();
}

/**
 * Return the slot of an endpoint: "1" to "7" for the first seven endpoints, then "others".
 *
 * @param {string} endpoint
 */
export function slotOf(endpoint) {
  const slot = slots.get(endpoint) ?? (slots.size < SLOTS ? String(slots.size + 1) : OTHERS);
  slots.set(endpoint, slot);
  return slot;
}

/** @param {string} slot */
export function isShared(slot) {
  return slot === OTHERS;
}
