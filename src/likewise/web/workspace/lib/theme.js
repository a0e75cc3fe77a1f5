// Light, dark, or as the system has it.

import { signal } from "./html.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const KEY = "likewise.theme";
/** @type {Theme[]} */
export const THEMES = ["system", "light", "dark"];

/** @type {import("../vendor/signals.js").Signal<Theme>} */
export const theme = signal(/** @type {Theme} */ (document.documentElement.dataset.theme ?? "system"));

/** @param {Theme} next */
export function setTheme(next) {
  if (next === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, next);
    document.documentElement.dataset.theme = next;
  }
  theme.value = next;
}
