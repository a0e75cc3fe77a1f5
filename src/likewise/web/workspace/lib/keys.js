// Keys that work everywhere but in a box of text.

/** @type {Map<string, () => void>} */
const bound = new Map();

/**
 * Bind a key while a page is shown.
 * @param {Record<string, () => void>} keys
 * @returns {() => void} unbinds them
 */
export function bind(keys) {
  for (const [key, run] of Object.entries(keys)) bound.set(key, run);
  return () => {
    for (const [key, run] of Object.entries(keys)) if (bound.get(key) === run) bound.delete(key);
  };
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.matches("input, textarea, select, [contenteditable]");
  if (typing && event.key !== "Escape") return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const run = bound.get(event.key);
  if (!run || (event.key === "Enter" && target.closest("a, button, summary"))) return;
  event.preventDefault();
  run();
});
