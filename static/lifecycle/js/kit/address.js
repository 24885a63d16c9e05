/** Addresses of WebSockets. */

/**
 * Return the ws: or wss: address for a path on the page's host, or for a whole http: or https: address.
 *
 * @param {string} path
 * @param {string} [page] the address that the path is relative to
 */
export function socketAddress(path, page = location.href) {
  const url = new URL(path, page);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
