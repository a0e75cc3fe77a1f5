// Where files are dropped or chosen.

import { html, useRef, useState } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { filesOf } from "../lib/dropped.js";
import { href } from "../lib/router.js";
import { Icon } from "./icon.js";

/** @param {{ onFiles: (files: import("../lib/dropped.js").Dropped[]) => void, large?: boolean, bare?: boolean }} props */
export function DropZone({ onFiles, large, bare }) {
  const [over, setOver] = useState(false);
  const files = useRef(/** @type {HTMLInputElement | null} */ (null));
  const folder = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @param {Event} event */
  const chosen = (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const found = [...(input.files ?? [])].map((file) => ({ file, name: (file.webkitRelativePath || file.name).replaceAll("/", " - ") }));
    input.value = "";
    if (found.length) onFiles(found);
  };
  return html`
    <section
      class="drop ${over ? "over" : ""} ${large ? "large" : ""}"
      aria-label=${t("drop.label")}
      onDragOver=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(true); }}
      onDragLeave=${() => setOver(false)}
      onDrop=${async (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setOver(false);
        const found = event.dataTransfer ? await filesOf(event.dataTransfer) : [];
        if (found.length) onFiles(found);
      }}
    >
      <${Icon} name="upload" />
      <p><b>${t("drop.title")}</b><br /><span class="soft">${t("drop.formats")}</span></p>
      <div class="buttons">
        <button type="button" class="primary" onClick=${() => files.current?.click()}>${t("drop.files")}</button>
        <button type="button" onClick=${() => folder.current?.click()}>${t("drop.folder")}</button>
        ${!bare && html`<a class="button" href=${href(["import"], { from: "paste" })}>${t("drop.paste")}</a>`}
        ${!bare && html`<a class="button" href=${href(["import"], { from: "path" })}>${t("drop.path")}</a>`}
      </div>
      <input ref=${files} type="file" multiple hidden onChange=${chosen} />
      <input ref=${folder} type="file" webkitdirectory hidden onChange=${chosen} />
    </section>
  `;
}
