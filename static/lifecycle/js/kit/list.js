/** Updates the children of an element from a list. */

import { childrenOf, setData } from "./dom.js";

/**
 * Make an element have one child for each item, in order. An item's child is found again by key and reused, so
 * focus and selection survive a redraw.
 *
 * @template T
 * @template {HTMLElement} N
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {object} how
 * @param {(item: T) => string} how.key unique in the list
 * @param {() => N} how.make returns a new, empty child
 * @param {(node: N, item: T) => void} how.fill writes an item into its child
 */
export function drawList(parent, items, { key, make, fill }) {
  const known = new Map(childrenOf(parent).map((node) => [node.dataset.key, node]));
  items.forEach((item, position) => {
    const itemKey = key(item);
    const node = /** @type {N} */ (known.get(itemKey) ?? make());
    known.delete(itemKey);
    setData(node, "key", itemKey);
    fill(node, item);
    place(parent, node, position);
  });
  for (const node of known.values()) {
    node.remove();
  }
}

/**
 * @param {HTMLElement} parent
 * @param {HTMLElement} node
 * @param {number} position
 */
function place(parent, node, position) {
  if (parent.children[position] !== node) {
    parent.insertBefore(node, parent.children[position] ?? null);
  }
}
