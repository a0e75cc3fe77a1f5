// Names of clusters: changed, joined by giving two the same, and stored as a field of the records.

import { html, useState } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { setColumn, tag } from "../lib/tags.js";
import { toast } from "./toast.js";

/** @param {{ name: string, points: import("../lib/points.js").Points, shown: any, onSaved: (column: string) => void }} props */
export function ClusterNames({ name, points, shown, onSaved }) {
  const { column, groups } = shown;
  const [open, setOpen] = useState(false);
  const [names, setNames] = useState(/** @type {Record<number, string>} */ ({}));
  const [field, setField] = useState("topic");
  const [busy, setBusy] = useState(false);
  const nameOf = (/** @type {number} */ group) => (names[group] ?? column.names[group] ?? "").trim();
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const values = Array.from(/** @type {Uint16Array} */ (groups), nameOf);
      const records = new Map(points.ids.map((id, row) => [id.split(".")[0], values[row]]));
      await tag(name, field.trim(), [...records].map(([id, value]) => ({ id, value })));
      setColumn(points, field.trim(), values);
      toast(t("tags.saved", { column: field.trim() }));
      setOpen(false);
      onSaved(field.trim());
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (!open) return html`<p><button type="button" onClick=${() => setOpen(true)}>${t("tags.names")}</button></p>`;
  return html`
    <form class="stack names" onSubmit=${save}>
      <p class="soft">${t("tags.names.about")}</p>
      ${column.names.map((/** @type {string} */ each, /** @type {number} */ group) => html`<input key=${group} type="text" value=${names[group] ?? each} aria-label=${t("tags.name", { name: each })} onInput=${(/** @type {any} */ event) => setNames({ ...names, [group]: event.target.value })} />`)}
      <label>${t("tags.field")}<input type="text" required value=${field} pattern="[^0-9\\W][\\w \\-]*" onInput=${(/** @type {any} */ event) => setField(event.target.value)} /></label>
      <div class="buttons"><button class="primary" disabled=${busy || !field.trim()}>${t("tags.save")}</button><button type="button" onClick=${() => setOpen(false)}>${t("common.cancel")}</button></div>
    </form>
  `;
}
