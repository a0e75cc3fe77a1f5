// Short messages, with an action such as undo.

import { html, signal } from "../lib/html.js";
import { t } from "../lib/i18n.js";

const SECONDS = 8;

/** @typedef {{ id: number, text: string, action?: { label: string, run: () => unknown } }} Toast */

/** @type {import("../vendor/signals.js").Signal<Toast[]>} */
const toasts = signal([]);
let last = 0;

/** @param {string} text @param {Toast["action"]} [action] */
export function toast(text, action) {
  const id = ++last;
  toasts.value = [...toasts.peek(), { id, text, action }];
  setTimeout(() => drop(id), SECONDS * 1000);
}

/** @param {number} id */
const drop = (id) => void (toasts.value = toasts.peek().filter((each) => each.id !== id));

/** Do something, and say so if it fails. @param {() => unknown} run */
export async function attempt(run) {
  try {
    await run();
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  }
}

export function Toasts() {
  return html`
    <div class="toasts" role="status">
      ${toasts.value.map((each) => html`
        <div class="toast" key=${each.id}>
          <span>${each.text}</span>
          ${each.action && html`<button type="button" onClick=${() => { drop(each.id); attempt(/** @type {any} */ (each.action).run); }}>${each.action.label}</button>`}
          <button type="button" onClick=${() => drop(each.id)} aria-label=${t("common.close")}>×</button>
        </div>
      `)}
    </div>
  `;
}
