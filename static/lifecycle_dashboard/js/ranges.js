/** The buttons of the ranges; the chosen one stays in the address, for a reload and for a link to it. */

/**
 * Choose the range of the address, else the first, and listen.
 * @param {(range: string, label: string) => void} onRange
 */
export function startRanges(onRange) {
  const buttons = [...document.querySelectorAll("button[data-range]")];
  const choose = (chosen) => {
    for (const button of buttons) button.setAttribute("aria-pressed", button === chosen);
    onRange(chosen.dataset.range, chosen.textContent);
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      window.history.replaceState(null, "", `#${button.dataset.range}`);
      choose(button);
    });
  }
  choose(buttons.find(({ dataset }) => `#${dataset.range}` === location.hash) ?? buttons[0]);
}
