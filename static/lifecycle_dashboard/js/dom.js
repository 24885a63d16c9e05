/** Small helpers over the DOM. They write text, never markup, and only what has changed. */

import { iso, utc } from "./format.js";

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag
 * @param {string} [className]
 * @param {(Node|string)[]} children
 */
export function element(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {HTMLElement} node @param {string} name of a data attribute, in camel case @param {string|number} value */
export function setData(node, name, value) {
  if (node.dataset[name] !== String(value)) node.dataset[name] = value;
}

/** Show or hide. @param {HTMLElement} node @param {boolean} shown */
export function setShown(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** The only child of a node, made at first use: a cell keeps its `<time>`, its `<a>`. */
export function onlyChild(node, make) {
  if (!node.firstElementChild) node.append(make());
  return node.firstElementChild;
}

/** Write a moment into a `<time>`: local in the text, UTC on hover. */
export function setTime(node, epoch, text) {
  if (node.dateTime !== iso(epoch)) {
    node.dateTime = iso(epoch);
    node.title = utc(epoch);
  }
  setText(node, text);
}

/**
 * Keep a parent's children in step with a list: one child an item, kept by key.
 * @template T
 * @param {HTMLElement} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {() => HTMLElement} make
 * @param {(node: HTMLElement, item: T) => void} fill
 */
export function drawList(parent, items, keyOf, make, fill) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, position) => {
    const key = keyOf(item);
    const node = known.get(key) ?? make();
    known.delete(key);
    setData(node, "key", key);
    fill(node, item);
    if (parent.children[position] !== node) parent.insertBefore(node, parent.children[position] ?? null);
  });
  for (const node of known.values()) node.remove();
}
