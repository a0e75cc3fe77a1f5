// The notes on the values that color the map.

import { html, useState } from "../lib/html.js";
import { call } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { notesPath, writeNotes } from "../lib/notes.js";
import { attempt } from "./toast.js";

/** @param {{ name: string, column: import("../lib/points.js").Column, names: string[] }} props `names`: the values that are shown */
export function ColumnNotes({ name, column, names }) {
  const [open, setOpen] = useState(false);
  const [written, setWritten] = useState(/** @type {Record<string, string>} */ ({}));
  const { value, reload } = useLoad((signal) => /** @type {Promise<{ notes: import("../lib/notes.js").Note[] }>} */ (call(`${notesPath(name)}?column=${encodeURIComponent(column.title)}`, { signal })), [name, column.title]);
  const notes = new Map((value?.notes ?? []).map((each) => [each.value, each.note]));
  const listed = [...notes].filter(([each]) => names.includes(each));
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    attempt(async () => {
      await writeNotes(name, column.title, Object.entries(written).map(([value, note]) => ({ value, note })));
      setOpen(false);
      setWritten({});
      reload();
    });
  };
  if (!open) {
    return html`
      ${listed.length > 0 && html`<dl class="notes">${listed.map(([each, note]) => html`<div key=${each}><dt>${each}</dt><dd>${note}</dd></div>`)}</dl>`}
      <p><button type="button" onClick=${() => setOpen(true)}>${t("notes.edit")}</button></p>`;
  }
  return html`
    <form class="stack names" onSubmit=${save}>
      ${names.map((each) => html`<label key=${each}>${each}<textarea rows="2" value=${written[each] ?? notes.get(each) ?? ""} placeholder=${t("notes.note")} onInput=${(/** @type {any} */ event) => setWritten({ ...written, [each]: event.target.value })}></textarea></label>`)}
      <div class="buttons"><button class="primary">${t("notes.save")}</button><button type="button" onClick=${() => { setOpen(false); setWritten({}); }}>${t("common.cancel")}</button></div>
    </form>
  `;
}
