/** Helpers for the document. They write text, never markup, and only if the value has changed. */

import { iso, utc } from "./times.js";

/**
 * Return the element with this ID.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type] the class of the element, if the caller needs more than an HTMLElement
 * @returns {T}
 * @throws {Error} if the page has no such element
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!element || (type && !(element instanceof type))) {
    throw new Error(`The page has no ${type?.name ?? "element"} #${id}`);
  }
  return /** @type {T} */ (/** @type {Element} */ (element));
}

/**
 * Return a new element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  element.append(...children);
  return element;
}

/**
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/**
 * Write a text into the element with this ID. An empty text is shown as a dash.
 *
 * @param {string} id
 * @param {string} [text]
 */
export function show(id, text) {
  setText(byId(id), text || "–");
}

/**
 * @param {HTMLElement} element
 * @param {string} name the name of a data attribute, in camel case
 * @param {string|number|boolean} value
 */
export function setData(element, name, value) {
  if (element.dataset[name] !== String(value)) {
    element.dataset[name] = String(value);
  }
}

/**
 * @param {HTMLElement} element
 * @param {boolean} shown
 */
export function setShown(element, shown) {
  if (element.hidden === shown) {
    element.hidden = !shown;
  }
}

/**
 * Set the tooltip of an element.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setTitle(element, text) {
  if (element.title !== text) {
    element.title = text;
  }
}

/**
 * Write a time into a `<time>` element: a text of any form, with the UTC time in the tooltip.
 *
 * @param {HTMLTimeElement} element
 * @param {number} moment Unix time in seconds
 * @param {string} text
 */
export function setTime(element, moment, text) {
  if (element.dateTime !== iso(moment)) {
    element.dateTime = iso(moment);
    element.title = utc(moment);
  }
  setText(element, text);
}

/**
 * Return the only child element of an element. The first call creates it.
 *
 * @template {HTMLElement} T
 * @param {HTMLElement} parent
 * @param {() => T} makeChild
 * @returns {T}
 */
export function onlyChild(parent, makeChild) {
  if (!parent.firstElementChild) {
    parent.append(makeChild());
  }
  return /** @type {T} */ (parent.firstElementChild);
}

/**
 * Return the children of an element, which must all be HTML elements.
 *
 * @param {HTMLElement} parent
 */
export function childrenOf(parent) {
  return /** @type {HTMLElement[]} */ ([...parent.children]);
}
