/** The buttons that choose a range. The chosen range is kept in the URL fragment, for reloads and links. */

/**
 * Choose the range in the URL fragment, or else the first range, and handle clicks on the buttons.
 *
 * @param {(range: string, label: string) => void} onRange
 */
export function startRanges(onRange) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("button[data-range]")]);
  const choose = (/** @type {HTMLButtonElement} */ chosen) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button === chosen));
    }
    onRange(chosen.dataset.range ?? "", chosen.textContent ?? "");
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      window.history.replaceState(null, "", `#${button.dataset.range}`);
      choose(button);
    });
  }
  choose(buttons.find(({ dataset }) => `#${dataset.range}` === location.hash) ?? buttons[0]);
}
