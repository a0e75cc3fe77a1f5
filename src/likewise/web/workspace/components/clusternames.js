// Names of clusters: changed, joined by giving two the same, split, and stored as a field of the records.

import { html, useMemo, useState } from "../lib/html.js";
import { copied, split } from "../lib/clusters.js";
import { number, t } from "../lib/i18n.js";
import { writeNotes } from "../lib/notes.js";
import { setColumn, tag } from "../lib/tags.js";
import { css, palette } from "../page/colors.js";
import { attempt, toast } from "./toast.js";

/** @param {{ name: string, points: import("../lib/points.js").Points, shown: any, map: any, onSaved: (column: string) => void }} props */
export function ClusterNames({ name, points, shown, map, onSaved }) {
  const [open, setOpen] = useState(false);
  const [named, setNamed] = useState(() => copied(shown.groups, shown.column.names));
  const [notes, setNotes] = useState(/** @type {Record<number, string>} */ ({}));
  const [field, setField] = useState("topic");
  const [busy, setBusy] = useState(false);
  const counts = useMemo(() => {
    const counts = new Uint32Array(named.names.length);
    for (const group of named.groups) if (group < counts.length) counts[group]++;
    return counts;
  }, [named]);
  const colors = /** @type {any[]} */ (palette({ ...shown.column, names: named.names }));
  const rename = (/** @type {number} */ group, /** @type {string} */ text) => setNamed({ ...named, names: named.names.map((each, n) => (n === group ? text : each)) });
  const show = (/** @type {import("../lib/clusters.js").Named} */ next) => {
    setNamed(next);
    map.paint(next.groups, { ...shown.column, names: next.names }, []);
  };
  const divide = (/** @type {number} */ group) => {
    const next = split(points, named, group);
    if (next) show(next);
    else toast(t("tags.whole", { name: named.names[group] }));
  };
  const close = () => {
    setOpen(false);
    setNotes({});
    setNamed(copied(shown.groups, shown.column.names));
    map.paint(shown.groups, shown.column, shown.labels);
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    const column = field.trim();
    await attempt(async () => {
      const values = Array.from(named.groups, (group) => (named.names[group] ?? "").trim());
      const records = new Map(points.ids.map((id, row) => [id.split(".")[0], values[row]]));
      await tag(name, column, [...records].map(([id, value]) => ({ id, value })));
      await writeNotes(name, column, Object.entries(notes).filter(([, note]) => note.trim()).map(([group, note]) => ({ value: named.names[Number(group)].trim(), note })));
      setColumn(points, column, values);
      toast(t("tags.saved", { column }));
      setOpen(false);
      onSaved(column);
    });
    setBusy(false);
  };
  if (!open) return html`<p><button type="button" onClick=${() => setOpen(true)}>${t("tags.names")}</button></p>`;
  return html`
    <form class="stack names" onSubmit=${save}>
      <p class="soft">${t("tags.names.about")}</p>
      ${named.names.map((each, group) => html`
        <div class="cluster" key=${group}>
          <div class="row"><i style=${{ background: css(colors[group]) }}></i>
            <input type="text" value=${each} aria-label=${t("tags.name", { name: shown.column.names[group] ?? number(group + 1) })} onInput=${(/** @type {any} */ event) => rename(group, event.target.value)} />
            <span class="soft">${number(counts[group])}</span>
            <button type="button" class="link" onClick=${() => divide(group)} aria-label=${t("tags.split.name", { name: each })}>${t("tags.split")}</button>
            ${notes[group] === undefined && html`<button type="button" class="link" onClick=${() => setNotes({ ...notes, [group]: "" })} aria-label=${t("notes.of", { name: each })}>${t("notes.note")}</button>`}</div>
          ${notes[group] !== undefined && html`<textarea rows="2" value=${notes[group]} placeholder=${t("notes.note")} aria-label=${t("notes.of", { name: each })} onInput=${(/** @type {any} */ event) => setNotes({ ...notes, [group]: event.target.value })}></textarea>`}
        </div>`)}
      <label>${t("tags.field")}<input type="text" required value=${field} pattern="[^0-9\\W][\\w \\-]*" onInput=${(/** @type {any} */ event) => setField(event.target.value)} /></label>
      <div class="buttons"><button class="primary" disabled=${busy || !field.trim()}>${t("tags.save")}</button><button type="button" onClick=${close}>${t("common.cancel")}</button></div>
    </form>
  `;
}
