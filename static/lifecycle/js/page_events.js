/** What a page goes through, as a socket has to know it: hidden, offline, frozen, left, brought back. */

/**
 * @typedef {object} PageHandlers
 * @property {(state: string) => void} changed now visible, hidden, online, offline or frozen
 * @property {(cached: boolean) => void} left for good, or for the back-forward cache
 * @property {() => void} restored from the back-forward cache
 */

/** @returns {"visible"|"hidden"} */
export function visibility() {
  return document.hidden ? "hidden" : "visible";
}

/**
 * Call the handlers as things happen, until the returned function is called.
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
