// The list of keys.

import { html, signal, useEffect, useRef } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { Icon } from "./icon.js";

const shown = signal(false);

export const showHelp = () => void (shown.value = true);

/** @type {[string[], import("../lib/i18n.js").Key][]} */
const KEYS = [
  [["/"], "help.search"],
  [["j", "k"], "help.move"],
  [["Enter"], "help.open"],
  [["m"], "help.like"],
  [["h", "b", "l"], "help.keep"],
  [["Esc"], "help.leave"],
  [["?"], "help.help"],
];

export function Help() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const open = shown.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  if (!open) return null;
  return html`
    <dialog class="help" ref=${dialog} onClose=${() => (shown.value = false)} aria-labelledby="help-title">
      <header>
        <h2 id="help-title">${t("help.title")}</h2>
        <button type="button" class="quiet" onClick=${() => dialog.current?.close()} aria-label=${t("common.close")}><${Icon} name="close" /></button>
      </header>
      <dl>
        ${KEYS.map(([keys, text]) => html`<div key=${text}><dt>${keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</dt><dd>${t(text)}</dd></div>`)}
      </dl>
    </dialog>
  `;
}
