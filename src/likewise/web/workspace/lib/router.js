// The address is the state of the page: a path below /app, and a query.

import { signal } from "./html.js";

export const ROOT = document.documentElement.dataset.root ?? "";
const BASE = `${ROOT}/app`;

/** @typedef {{ path: string[], query: URLSearchParams }} Place */

/** @returns {Place} */
function read() {
  const path = location.pathname.slice(BASE.length).split("/").filter(Boolean).map(decodeURIComponent);
  return { path, query: new URLSearchParams(location.search) };
}

export const place = signal(read());

/**
 * The address of a page.
 * @param {string[]} path
 * @param {Record<string, string | string[] | null | undefined>} [query] empty values are left out
 */
export function href(path, query = {}) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each) found.append(name, each);
  }
  const text = found.toString();
  return `${BASE}/${path.map(encodeURIComponent).join("/")}${text && `?${text}`}`;
}

/**
 * Go to an address of the workspace.
 * @param {string} address
 * @param {{ replace?: boolean }} [options] `replace`: without a new entry in the history
 */
export function go(address, { replace = false } = {}) {
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  place.value = read();
}

/**
 * The same page with another query.
 * @param {Record<string, string | string[] | null | undefined>} changes
 * @param {{ replace?: boolean }} [options]
 */
export function change(changes, options) {
  /** @type {Record<string, string[]>} */
  const query = {};
  for (const [name, value] of place.peek().query) (query[name] ??= []).push(value);
  go(href(place.peek().path, { ...query, ...changes }), options);
}

addEventListener("popstate", () => (place.value = read()));

// links within the workspace do not load the page again
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = /** @type {Element} */ (event.target).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname + link.search);
  scrollTo(0, 0);
});
