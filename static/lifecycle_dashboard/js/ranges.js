/** The buttons and fields that choose what the charts show. The address always has the choice. */

import { byId, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { now, span } from "../../lifecycle/js/kit/times.js";
import { readChoice, writeChoice } from "./choice.js";

/** @typedef {import("./choice.js").Choice} Choice */

export class Ranges {
  #buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("button[data-range]")]);
  #compare = byId("compare", HTMLInputElement);
  #from = byId("window-from", HTMLInputElement);
  #to = byId("window-to", HTMLInputElement);
  #onChoice;
  #choice;

  /** @param {(choice: Choice, label: string) => void} onChoice */
  constructor(onChoice) {
    this.#onChoice = onChoice;
    this.#choice = this.#inAddress();
    for (const button of this.#buttons) {
      button.addEventListener("click", () => this.#choose({ ...this.#choice, ...range(button.dataset.range ?? "") }));
    }
    this.#compare.addEventListener("change", () => this.#choose({ ...this.#choice, compare: this.#compare.checked }));
    byId("window-form", HTMLFormElement).addEventListener("submit", (event) => this.#submit(event));
    window.addEventListener("popstate", () => this.#apply(this.#inAddress()));
  }

  /** Apply the choice in the address. */
  start() {
    this.#apply(this.#choice);
  }

  /**
   * Choose a window.
   *
   * @param {number} from Unix time in seconds
   * @param {number} to
   */
  chooseWindow(from, to) {
    const [start, end] = [Math.floor(Math.min(from, to)), Math.min(Math.ceil(Math.max(from, to)), Math.ceil(now()))];
    if (end > start) {
      this.#choose({ ...this.#choice, range: "", from: start, to: end });
    }
  }

  #inAddress() {
    return readChoice(location.search, this.#buttons.map(({ dataset }) => dataset.range ?? ""));
  }

  /** @param {Choice} choice */
  #choose(choice) {
    window.history.pushState(null, "", `?${writeChoice(choice)}`);
    this.#apply(choice);
  }

  /** @param {Choice} choice */
  #apply(choice) {
    this.#choice = choice;
    this.#compare.checked = choice.compare;
    for (const button of this.#buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.range === choice.range));
    }
    const chosen = this.#buttons.find(({ dataset }) => dataset.range === choice.range);
    const label = chosen?.textContent ?? span(choice.from, choice.to);
    setText(byId("window-label"), choice.range ? "" : say("window.chosen", { span: label }));
    setShown(byId("window-label"), !choice.range);
    this.#fillFields(choice);
    this.#onChoice(choice, label);
  }

  /** @param {Choice} choice */
  #fillFields({ from, to }) {
    this.#from.value = from ? localText(from) : "";
    this.#to.value = to ? localText(to) : "";
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const [from, to] = [this.#from, this.#to].map(({ value }) => new Date(value).getTime() / 1000);
    this.#to.setCustomValidity(from < to ? "" : say("window.order"));
    if (this.#to.form?.reportValidity()) {
      this.chooseWindow(from, to);
    }
  }
}

/** @param {string} name */
function range(name) {
  return { range: name, from: 0, to: 0 };
}

/**
 * Return a time as a field of the type "datetime-local" writes it.
 *
 * @param {number} moment
 */
function localText(moment) {
  const offset = new Date(moment * 1000).getTimezoneOffset() * 60;
  return new Date((moment - offset) * 1000).toISOString().slice(0, 19);
}
