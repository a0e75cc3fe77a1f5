// What differs between two versions of a collection.

import { html, useEffect, useRef } from "../lib/html.js";
import { post } from "../lib/api.js";
import { diff } from "../lib/diff.js";
import { moment, number, t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { change, place } from "../lib/router.js";
import { ErrorNotice } from "./notice.js";

/** @typedef {{ id: string, text: string, title: string, source: string, line: number, fields: Record<string, any> }} VersionRecord */
/** @typedef {{ before: VersionRecord, after: VersionRecord, columns: string[] }} Changed */
/** @typedef {{ before: Run, after: Run, added: number, removed: number, changed: number, unchanged: number, files: { source: string, added: number, removed: number, changed: number }[], examples_added: VersionRecord[], examples_removed: VersionRecord[], examples_changed: Changed[] }} Difference */

const nameOf = (/** @type {string} */ source) => source.split(/[/\\]/).pop() || t("record.added");

/** @param {{ name: string, runs: Run[] }} props */
export function Differences({ name, runs }) {
  const { query } = place.value;
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const { value, error, busy } = useLoad(
    (signal) => (from ? /** @type {Promise<Difference>} */ (post(`/collections/${encodeURIComponent(name)}/diff`, { before: from, after: to || null }, signal)) : Promise.resolve(null)),
    [name, from, to, runs.length],
  );
  useEffect(() => {
    if (value) heading.current?.scrollIntoView({ block: "nearest" });
  }, [value]);
  if (runs.length < 2) return null;
  const choice = (/** @type {string} */ now, /** @type {string} */ first, /** @type {import("../lib/i18n.js").Key} */ label, /** @type {(run: string) => void} */ choose) => html`
    <label>${t(label)}
      <select value=${now} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
        <option value="">${first}</option>
        ${runs.map((run) => html`<option key=${run.number} value=${String(run.number)}>${t("diff.run", { run: run.number, when: moment(run.time) })}</option>`)}
      </select>
    </label>`;
  return html`
    <section class="differences" aria-label=${t("diff.title")} aria-busy=${busy}>
      <h2 ref=${heading}>${t("diff.title")}</h2>
      <div class="row">
        ${choice(from, t("diff.none"), "diff.from", (run) => change({ from: run, to: run ? to : null }))}
        ${from && choice(to, t("diff.now"), "diff.to", (run) => change({ to: run }))}
      </div>
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${value && html`<${Found} found=${value} />`}
    </section>
  `;
}

/** @param {{ found: Difference }} props */
function Found({ found }) {
  const none = !found.added && !found.removed && !found.changed;
  return html`
    <p role="status"><b>${t("diff.counts", { added: found.added, removed: found.removed, changed: found.changed })}</b> <span class="soft">${t("diff.unchanged", { unchanged: found.unchanged })}</span></p>
    ${none && html`<p class="soft">${t("diff.same")}</p>`}
    ${found.files.length > 1 && html`
      <div class="scroll" tabindex="0" role="region" aria-label=${t("diff.files")}>
        <table><thead><tr><th scope="col">${t("facets.source")}</th><th scope="col" class="number">${t("diff.added")}</th><th scope="col" class="number">${t("diff.removed")}</th><th scope="col" class="number">${t("diff.changed")}</th></tr></thead>
          <tbody>${found.files.map((file) => html`<tr key=${file.source}><td>${nameOf(file.source)}</td><td class="number">${number(file.added)}</td><td class="number">${number(file.removed)}</td><td class="number">${number(file.changed)}</td></tr>`)}</tbody></table>
      </div>`}
    ${found.changed > 0 && html`<h3>${t("diff.changed")} <${More} shown=${found.examples_changed.length} of=${found.changed} /></h3>
      <ol class="pairs">${found.examples_changed.map((each) => html`<${ChangedPair} key=${each.before.id + each.after.id} changed=${each} />`)}</ol>`}
    ${found.added > 0 && html`<h3>${t("diff.added")} <${More} shown=${found.examples_added.length} of=${found.added} /></h3><${Records} records=${found.examples_added} tag="ins" />`}
    ${found.removed > 0 && html`<h3>${t("diff.removed")} <${More} shown=${found.examples_removed.length} of=${found.removed} /></h3><${Records} records=${found.examples_removed} tag="del" />`}
  `;
}

/** @param {{ shown: number, of: number }} props */
const More = ({ shown, of }) => (shown < of ? html`<span class="soft">${t("diff.first", { shown, count: of })}</span>` : null);

/** @param {{ records: VersionRecord[], tag: string }} props */
const Records = ({ records, tag }) => html`
  <ul class="pairs">${records.map((each) => html`<li class="pair" key=${each.id}><p><${tag}>${each.text}</${tag}></p><p class="soft">${t("hit.place", { source: nameOf(each.source), line: number(each.line) })}</p></li>`)}</ul>`;

/** @param {{ changed: Changed }} props */
function ChangedPair({ changed: { before, after, columns } }) {
  const [left, right] = diff(before.text, after.text);
  const own = columns.filter((column) => column !== "text");
  const valueOf = (/** @type {VersionRecord} */ record, /** @type {string} */ column) => {
    const value = column === "title" ? record.title : record.fields[column];
    return value === undefined || value === null || value === "" ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  return html`
    <li class="pair">
      ${columns.includes("text")
        ? html`<div class="texts">
            ${[{ parts: left, tag: "del" }, { parts: right, tag: "ins" }].map(({ parts, tag }) => html`<p key=${tag}>${parts.map((part, n) => (part.same ? part.text : html`<${tag} key=${n}>${part.text}</${tag}>`))}</p>`)}
          </div>`
        : html`<p>${after.text}</p>`}
      ${own.map((column) => html`<p key=${column}><span class="soft">${column}</span> <del>${valueOf(before, column)}</del> → <ins>${valueOf(after, column)}</ins></p>`)}
      <p class="soft">${t("hit.place", { source: nameOf(after.source), line: number(after.line) })}</p>
    </li>
  `;
}
