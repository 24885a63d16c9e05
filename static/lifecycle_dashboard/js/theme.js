/** Tells when the colours change: the admin's theme button, or the system's preference. */

/** @param {() => void} onChange */
export function watchTheme(onChange) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
