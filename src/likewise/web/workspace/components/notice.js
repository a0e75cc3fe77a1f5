// Errors and hints in the page.

import { html } from "../lib/html.js";
import { ApiError } from "../lib/api.js";
import { t } from "../lib/i18n.js";

/** An error: what happened, and what to do. @param {{ error: Error, retry?: () => void }} props */
export function ErrorNotice({ error, retry }) {
  const unreachable = error instanceof ApiError && error.status === 0;
  const hint = error instanceof ApiError ? error.hint : "";
  return html`
    <div class="notice error" role="alert">
      <strong>${unreachable ? t("error.unreachable") : sentence(error.message)}</strong>
      ${hint && html`<p>${sentence(hint)}</p>`}
      ${retry && html`<button type="button" onClick=${retry}>${t("error.retry")}</button>`}
    </div>
  `;
}

/** A quiet state: nothing here yet. @param {{ title: string, children?: any }} props */
export const Empty = ({ title, children }) => html`<div class="empty"><h2>${title}</h2>${children}</div>`;

/** A message of the server with a capital. @param {string} text */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
