/** Page events that affect the socket: visibility, network, freezing, leaving, and restoring from the cache. */

/**
 * @typedef {object} PageHandlers
 * @property {(state: string) => void} changed called with visible, hidden, online, offline or frozen
 * @property {(cached: boolean) => void} left called when the user leaves the page; `cached` is true if the browser
 *   may keep the page in the back-forward cache
 * @property {() => void} restored called when the page is restored from that cache
 */

/** @returns {"visible"|"hidden"} */
export function visibility() {
  return document.hidden ? "hidden" : "visible";
}

/**
 * Call the handlers for each event. Return a function that removes all listeners.
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
