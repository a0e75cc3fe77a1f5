// What a search or a lasso has in focus: a list, and what can be done with it.

import { html, useState } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { add } from "../lib/jobs.js";
import { go, href } from "../lib/router.js";
import { rowsOf, saveFile, toCsv } from "../lib/save.js";
import { setColumn, tag, valuesOf } from "../lib/tags.js";
import { Icon } from "./icon.js";
import { attempt, toast } from "./toast.js";

const SHOWN = 60;
const MOST = 900;

/** @param {{ name: string, points: import("../lib/points.js").Points, rows: number[], lassoed: boolean, onClear: () => void, onPick: (row: number) => void, onTagged: (column: string) => void }} props */
export function Selection({ name, points, rows, lassoed, onClear, onPick, onTagged }) {
  const [busy, setBusy] = useState(false);
  const [into, setInto] = useState("");
  const [value, setValue] = useState("");
  const [column, setColumnName] = useState("tag");
  const path = `/collections/${encodeURIComponent(name)}`;
  const ids = rows.map((row) => points.ids[row]);

  /** The records in focus, whole. @returns {Promise<Hit[]>} */
  const load = async () => {
    const found = [];
    for (let at = 0; at < ids.length; at += MOST) {
      const list = ids.slice(at, at + MOST).map((id) => `'${id.split(".")[0]}'`).join(", ");
      found.push(...(await post(`${path}/browse`, { where: `record IN (${list})`, limit: MOST })).hits);
    }
    return found;
  };
  const act = async (/** @type {() => Promise<void>} */ run) => {
    setBusy(true);
    await attempt(run);
    setBusy(false);
  };
  const save = () => act(async () => saveFile(`${name}-selection.csv`, `\ufeff${toCsv(rowsOf(await load()))}`, "text/csv"));
  const remove = () => act(async () => {
    await post(`${path}/records/remove`, { ids: [...new Set(ids.map((id) => id.split(".")[0]))] });
    toast(t("selection.removed", { count: rows.length }), { label: t("common.undo"), run: () => post(`${path}/undo`) });
    onClear();
  });
  const copy = () => act(async () => {
    const hits = await load();
    const records = hits.map(({ text, title, fields }) => ({ text, title, fields }));
    const target = into.trim();
    const { model, compute } = await call(path); // vectors of the same model
    await post("/collections", { name: target, model, compute });
    const added = await post(`/collections/${encodeURIComponent(target)}/records`, { records, source: `${name}.selection` });
    if (added.links) add(added); // many records are a job
    go(href(["collections", target]));
  });
  const mark = () => act(async () => {
    const field = column.trim();
    await tag(name, field, [...new Set(ids.map((id) => id.split(".")[0]))].map((id) => ({ id, value: value.trim() })));
    const values = valuesOf(points, field);
    for (const row of rows) values[row] = value.trim();
    setColumn(points, field, values);
    toast(t("tags.tagged", { count: rows.length }), { label: t("common.undo"), run: () => post(`${path}/undo`) });
    onTagged(field);
  });
  return html`
    <section class="selection">
      <header><h3 role="status">${t(lassoed ? "selection.selected" : "selection.found", { count: rows.length })}</h3><button type="button" class="quiet" onClick=${onClear} aria-label=${t("selection.clear")}><${Icon} name="close" /></button></header>
      <div class="buttons">
        <button type="button" disabled=${busy} onClick=${save}><${Icon} name="download" />CSV</button>
        ${lassoed && html`<button type="button" disabled=${busy} onClick=${remove}><${Icon} name="trash" />${t("record.remove")}</button>`}
      </div>
      ${lassoed && html`
        <form class="row" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); mark(); }}>
          <input type="text" required value=${column} aria-label=${t("tags.field")} title=${t("tags.field")} onInput=${(/** @type {any} */ event) => setColumnName(event.target.value)} />
          <input type="text" value=${value} placeholder=${t("tags.value")} aria-label=${t("tags.value")} onInput=${(/** @type {any} */ event) => setValue(event.target.value)} />
          <button disabled=${busy || !column.trim()}>${t("tags.go")}</button>
        </form>
        <form class="row" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); copy(); }}>
          <input type="text" required pattern="[A-Za-z0-9_.\\-]+" value=${into} placeholder=${t("selection.into")} aria-label=${t("selection.into")} onInput=${(/** @type {any} */ event) => setInto(event.target.value)} />
          <button disabled=${busy || !into.trim()}>${t("selection.copy")}</button>
        </form>`}
      <ol class="near">
        ${rows.slice(0, SHOWN).map((row) => html`<li key=${row}><button type="button" onClick=${() => onPick(row)}>${points.texts[row].slice(0, 140)}</button></li>`)}
      </ol>
      ${rows.length > SHOWN && html`<p class="soft">${t("selection.more", { count: rows.length - SHOWN })}</p>`}
    </section>
  `;
}
