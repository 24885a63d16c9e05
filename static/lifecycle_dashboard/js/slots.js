/**
 * Assigns the palette's slots to endpoints. The largest endpoints get slots, and keep them while they are among the
 * largest, so that colours rarely change.
 */

const SLOTS = 7;
const OTHERS = "others";
/** An endpoint keeps its slot until another endpoint is this many times as large. */
const LEAD = 1.25;

/** @type {Map<string, string>} */
const slots = new Map();

/** Free all slots. */
export function clearSlots() {
  slots.clear();
}

/**
 * Give the slots to the largest endpoints. Call it when the history was read, not with each picture.
 *
 * @param {Map<string, number>} sizes by endpoint; endpoints of size 0 get no slot
 */
export function assignSlots(sizes) {
  const weight = (/** @type {string} */ name) => (sizes.get(name) ?? 0) * (slots.has(name) ? LEAD : 1);
  const candidates = largestFirst([...sizes.keys()].filter((name) => weight(name) > 0), weight);
  const winners = new Set(candidates.slice(0, SLOTS));
  const losers = largestFirst([...slots.keys()].filter((name) => !winners.has(name)), weight);
  while (new Set([...slots.keys(), ...winners]).size > SLOTS) {
    slots.delete(losers.pop() ?? "");
  }
  fillSlots(sizes);
}

/**
 * Give free slots to the largest endpoints without a slot. No endpoint loses its slot.
 *
 * @param {Map<string, number>} sizes by endpoint
 */
export function fillSlots(sizes) {
  const size = (/** @type {string} */ name) => sizes.get(name) ?? 0;
  const waiting = [...sizes.keys()].filter((name) => size(name) > 0 && !slots.has(name));
  const taken = new Set(slots.values());
  const free = Array.from({ length: SLOTS }, (_, i) => String(i + 1)).filter((slot) => !taken.has(slot));
  largestFirst(waiting, size).slice(0, free.length).forEach((name, i) => slots.set(name, free[i]));
}

/**
 * Return the slot of an endpoint: "1" to "7", or "others" for an endpoint without a slot to itself.
 *
 * @param {string} endpoint
 */
export function slotOf(endpoint) {
  return slots.get(endpoint) ?? OTHERS;
}

/** @param {string} slot */
export function isShared(slot) {
  return slot === OTHERS;
}

/**
 * @param {string[]} names
 * @param {(name: string) => number} size
 */
function largestFirst(names, size) {
  return names.sort((a, b) => size(b) - size(a) || a.localeCompare(b));
}
