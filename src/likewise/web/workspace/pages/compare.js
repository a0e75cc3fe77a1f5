// Compare models on data: what is compared, and the comparisons so far.

import { html, useEffect, useState } from "../lib/html.js";
import { call, post, send } from "../lib/api.js";
import { COMPUTES, PRECISIONS, SHARES, shortName } from "../lib/comparison.js";
import { t } from "../lib/i18n.js";
import { jobs, loadPast, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { go, href } from "../lib/router.js";
import { toJsonl } from "../lib/save.js";
import { DropZone } from "../components/drop.js";
import { JobCard } from "../components/job.js";
import { ModelChoice } from "../components/modelchoice.js";
import { ErrorNotice } from "../components/notice.js";
import { Comparison, REPORT } from "./comparison.js";

/** Records of a collection that are compared on, at most. */
const MOST = 5000;

/** @param {{ job?: string }} props */
export function ComparePage({ job }) {
  return job ? html`<${Comparison} key=${job} id=${job} />` : html`<${Choose} />`;
}

function Choose() {
  const [models, setModels] = useState(["all-MiniLM-L6-v2"]);
  const [computes, setComputes] = useState(["float32", "int8"]);
  const [shares, setShares] = useState(Object.keys(SHARES));
  const [sizes, setSizes] = useState("");
  const [precisions, setPrecisions] = useState(PRECISIONS);
  const [file, setFile] = useState(/** @type {SentFile | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const sent = useLoad((signal) => call("/files", { signal }), []).value?.files ?? [];
  useEffect(() => void loadPast("compare").catch(() => {}), []);
  const past = jobs.value.filter((each) => each.operation === "compare");
  const dimensions = [...shares, ...sizes.split(/[\s,，、]+/).filter(Boolean)];
  const candidates = models.length * computes.length * dimensions.length * precisions.length;

  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    try {
      const job = await start("/compare", { models, on: file?.id, computes: computes.join(","), dimensions: dimensions.join(","), precisions: precisions.join(","), report: REPORT });
      go(href(["compare", job.id]));
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
    }
  };
  return html`
    <div class="page narrow">
      <div class="title"><h1>${t("compare.title")}</h1><p class="soft">${t("compare.about")}</p></div>
      <form class="stack" onSubmit=${begin}>
        <fieldset><legend>${t("compare.data")}</legend>
          ${file
            ? html`<p class="chips"><span class="chip on">${file.name} <button type="button" onClick=${() => setFile(null)} aria-label=${t("common.remove")}>×</button></span></p>`
            : html`<${FromCollection} onSent=${setFile} onError=${setError} /><${DropZone} bare onFiles=${(/** @type {import("../lib/dropped.js").Dropped[]} */ dropped) => send(dropped[0].file, dropped[0].name).then(setFile, setError)} />`}
          <p class="soft">${t("compare.data.about")}</p>
        </fieldset>
        <fieldset><legend>${t("compare.models")}</legend>
          <${ModelChoice} chosen=${models} onToggle=${(/** @type {string} */ name) => setModels(models.includes(name) ? models.filter((each) => each !== name) : [...models, name])} />
        </fieldset>
        <${Choices} legend=${t("compare.computes")} all=${COMPUTES} chosen=${computes} onChange=${setComputes} />
        <${Choices} legend=${t("compare.dimensions")} all=${Object.keys(SHARES)} chosen=${shares} onChange=${setShares} name=${(/** @type {"full" | "half" | "quarter"} */ each) => t(`compare.dimensions.${each}`)}>
          <label class="sizes">${t("compare.sizes")}<input value=${sizes} placeholder="256, 128" inputmode="numeric" onInput=${(/** @type {any} */ event) => setSizes(event.target.value)} /></label>
        </${Choices}>
        <${Choices} legend=${t("compare.precisions")} all=${PRECISIONS} chosen=${precisions} onChange=${setPrecisions} />
        ${error && html`<${ErrorNotice} error=${error} />`}
        <div class="buttons"><button class="primary" disabled=${!file || !candidates}>${t("compare.go")}</button>
          <span class="soft">${t("compare.count", { count: candidates })}</span></div>
      </form>
      ${past.length > 0 && html`<h2>${t("compare.past")}</h2>
        <div class="jobs">${past.map((each) => html`<${JobCard} key=${each.id} job=${each} title=${(each.request.models ?? []).map(shortName).join(", ")}><p>${sent.find((/** @type {SentFile} */ one) => one.id === each.request.on)?.name} <a href=${href(["compare", each.id])}>${t("job.open")}</a></p></${JobCard}>`)}</div>`}
    </div>
  `;
}

/**
 * Some of a few.
 * @param {{ legend: string, all: string[], chosen: string[], onChange: (chosen: string[]) => void, name?: (each: any) => string, children?: any }} props
 */
function Choices({ legend, all, chosen, onChange, name = (each) => each, children }) {
  const toggle = (/** @type {string} */ each) => onChange(all.filter((other) => (other === each) !== chosen.includes(other)));
  return html`
    <fieldset><legend>${legend}</legend>
      <p class="chips">${all.map((each) => html`<label class="check" key=${each}><input type="checkbox" checked=${chosen.includes(each)} onChange=${() => toggle(each)} />${name(each)}</label>`)}</p>
      ${children}
    </fieldset>
  `;
}

/** A collection in place of a file: its records are sent as one. @param {{ onSent: (file: SentFile) => void, onError: (error: Error) => void }} props */
function FromCollection({ onSent, onError }) {
  const { value } = useLoad((signal) => call("/collections", { signal }), []);
  /** @type {Summary[]} */
  const found = value?.collections ?? [];
  if (!found.length) return null;
  const chosen = async (/** @type {string} */ name) => {
    try {
      const { hits } = await post(`/collections/${encodeURIComponent(name)}/browse`, { limit: MOST });
      const rows = hits.map((/** @type {Hit} */ hit) => ({ ...hit.fields, text: hit.text }));
      onSent(await send(new Blob([toJsonl(rows)]), `${name}.jsonl`));
    } catch (error) {
      onError(/** @type {Error} */ (error));
    }
  };
  return html`
    <label>${t("compare.collection")}
      <select value="" onChange=${(/** @type {any} */ event) => event.target.value && chosen(event.target.value)}>
        <option value="">${t("compare.collection.none")}</option>
        ${found.map((each) => html`<option key=${each.name} value=${each.name}>${each.name} · ${t("collections.records", { records: each.records })}</option>`)}
      </select>
    </label>
  `;
}
