// The side panel: a record as a whole, and its true nearest neighbours.

import { html, useEffect, useRef } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { change } from "../lib/router.js";
import { Icon } from "./icon.js";
import { ErrorNotice } from "./notice.js";
import { Score } from "./hit.js";
import { attempt, toast } from "./toast.js";

/** @typedef {{ id: string, title: string, source: string, line: number, fields: Record<string, any>, chunks: { id: string, text: string }[] }} Whole */

/** @param {{ name: string, id: string, onClose: () => void, onChanged: () => void, onPick?: (id: string) => void }} props */
export function RecordPanel({ name, id, onClose, onChanged, onPick }) {
  const path = `/collections/${encodeURIComponent(name)}`;
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  const whole = useLoad((signal) => /** @type {Promise<Whole>} */ (call(`${path}/records/${encodeURIComponent(id)}`, { signal })), [name, id]);
  const near = useLoad((signal) => post(`${path}/search`, { like: id, top_k: 8 }, signal), [name, id]);
  useEffect(() => panel.current?.focus(), [id]);
  const record = whole.value;
  const pick = onPick ?? ((/** @type {string} */ other) => change({ open: other }));

  const remove = () => attempt(async () => {
    await post(`${path}/records/remove`, { ids: [id] });
    toast(t("record.removed"), { label: t("common.undo"), run: () => post(`${path}/undo`).then(onChanged) });
    onChanged();
  });
  return html`
    <aside class="panel" ref=${panel} tabindex="-1" aria-label=${t("record.title")}>
      <header>
        <h2>${record?.title || t("record.title")}</h2>
        <button type="button" class="quiet" onClick=${onClose} aria-label=${t("common.close")}><${Icon} name="close" /></button>
      </header>
      ${whole.error && html`<${ErrorNotice} error=${whole.error} />`}
      ${record && html`
        <div class="whole">${record.chunks.map((chunk) => html`<p key=${chunk.id}>${chunk.text}</p>`)}</div>
        <p class="soft">${t("hit.place", { source: record.source || t("record.added"), line: number(record.line) })}</p>
        <dl class="facts">${Object.entries(record.fields).map(([key, value]) => html`<div key=${key}><dt>${key}</dt><dd>${value === null ? "–" : String(typeof value === "object" ? JSON.stringify(value) : value)}</dd></div>`)}</dl>
        <div class="buttons">
          <button type="button" onClick=${() => navigator.clipboard?.writeText(record.chunks.map((chunk) => chunk.text).join("\n")).then(() => toast(t("record.copied")))}><${Icon} name="copy" />${t("record.copy")}</button>
          <button type="button" onClick=${remove}><${Icon} name="trash" />${t("record.remove")}</button>
        </div>`}
      <h3>${t("record.near")}</h3>
      ${near.error && html`<${ErrorNotice} error=${near.error} />`}
      <ol class="near">
        ${(near.value?.hits ?? []).map((/** @type {Hit} */ hit) => html`
          <li key=${hit.id}><button type="button" onClick=${() => pick(hit.id)}><span>${hit.text.slice(0, 200)}</span><${Score} hit=${hit} /></button></li>
        `)}
      </ol>
    </aside>
  `;
}
