/** The events of a page that matter to its socket: hidden, offline, frozen, left, restored. */

/**
 * @typedef {object} PageHandlers
 * @property {(state: string) => void} changed called with visible, hidden, online, offline or frozen
 * @property {(cached: boolean) => void} left called when the page is left; whether it goes into the back-forward cache
 * @property {() => void} restored called when the page comes back from that cache
 */

/** @returns {"visible"|"hidden"} */
export function visibility() {
  return document.hidden ? "hidden" : "visible";
}

/**
 * Call the handlers for each event, until the returned function is called.
 *
 * @param {PageHandlers} handlers
 * @returns {() => void}
 */
export function watchPage({ changed, left, restored }) {
  const watching = new AbortController();
  const { signal } = watching;
  document.addEventListener("visibilitychange", () => changed(visibility()), { signal });
  document.addEventListener("freeze", () => changed("frozen"), { signal });
  document.addEventListener("resume", () => changed(visibility()), { signal });
  window.addEventListener("online", () => changed("online"), { signal });
  window.addEventListener("offline", () => changed("offline"), { signal });
  window.addEventListener("pagehide", (event) => left(event.persisted), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && restored(), { signal });
  return () => watching.abort();
}
