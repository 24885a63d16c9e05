/** Detects a change of theme, by the admin's theme button or by the system's setting. */

/** @param {() => void} onChange */
export function watchTheme(onChange) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
