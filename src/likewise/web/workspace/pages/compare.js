// Compare models on data: choose, follow, read the verdict.

import { html, useState } from "../lib/html.js";
import { call, post, send } from "../lib/api.js";
import { ago, number, t } from "../lib/i18n.js";
import { isOpen, jobs, loadJobs, result, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { go, href } from "../lib/router.js";
import { toJsonl } from "../lib/save.js";
import { DropZone } from "../components/drop.js";
import { JobCard } from "../components/job.js";
import { Leaderboard } from "../components/leaderboard.js";
import { modelFacts, useModels } from "../components/models.js";
import { ErrorNotice } from "../components/notice.js";

const COMPUTES = ["float32", "bfloat16", "int8"];
const REPORT = "comparison.html";

/** Records of a collection that are compared on, at most. */
const MOST = 5000;

/** @param {{ job?: string }} props */
export function ComparePage({ job }) {
  return job ? html`<${Comparison} id=${job} />` : html`<${Choose} />`;
}

function Choose() {
  const { here, others } = useModels();
  const [models, setModels] = useState(["all-MiniLM-L6-v2"]);
  const [computes, setComputes] = useState(["float32", "int8"]);
  const [file, setFile] = useState(/** @type {SentFile | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const past = jobs.value.filter((each) => each.operation === "compare");
  const toggle = (/** @type {string[]} */ list, /** @type {string} */ each) => (list.includes(each) ? list.filter((other) => other !== each) : [...list, each]);

  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setError(null);
    try {
      const job = await start("/compare", { models, on: file?.id, computes: COMPUTES.filter((each) => computes.includes(each)).join(","), report: REPORT });
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
          <div class="choices">
            ${here.map((each) => html`<label key=${each.name}><input type="checkbox" checked=${models.includes(each.name)} onChange=${() => setModels(toggle(models, each.name))} /><span>${each.name}<span class="soft">${t("compare.here")} · ${modelFacts(each)}</span></span></label>`)}
          </div>
          ${others.length > 0 && html`<details><summary>${t("compare.others", { count: others.length })}</summary>
            <div class="choices">${others.map((each) => html`<label key=${each.name}><input type="checkbox" checked=${models.includes(each.name)} onChange=${() => setModels(toggle(models, each.name))} /><span>${each.name}<span class="soft">${modelFacts(each)}</span></span></label>`)}</div>
            <p class="soft">${t("compare.others.about")}</p></details>`}
        </fieldset>
        <fieldset><legend>${t("compare.computes")}</legend>
          <p class="chips">${COMPUTES.map((each) => html`<label class="check" key=${each}><input type="checkbox" checked=${computes.includes(each)} onChange=${() => setComputes(toggle(computes, each))} />${each}</label>`)}</p>
        </fieldset>
        ${error && html`<${ErrorNotice} error=${error} />`}
        <div class="buttons"><button class="primary" disabled=${!file || !models.length || !computes.length}>${t("compare.go")}</button></div>
      </form>
      ${past.length > 0 && html`<h2>${t("compare.past")}</h2>
        <div class="jobs">${past.map((each) => html`<${JobCard} key=${each.id} job=${each} title=${(each.request.models ?? []).join(", ")}><p><a href=${href(["compare", each.id])}>${t("job.open")}</a></p></${JobCard}>`)}</div>`}
    </div>
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

/** @param {{ id: string }} props */
function Comparison({ id }) {
  const known = jobs.value.find((each) => each.id === id);
  const { value, error } = useLoad(async () => {
    if (!known) await loadJobs();
    return known?.status === "done" ? result(id) : null;
  }, [id, known?.status]);
  return html`
    <div class="page">
      <p class="crumbs"><a href=${href(["compare"])}>${t("nav.compare")}</a></p>
      <div class="title row"><h1>${value ? value.task : t("job.compare")}</h1>
        ${known && html`<span class="soft">${(known.request.models ?? []).join(", ")} · ${ago(known.created)}</span>`}</div>
      ${known && (isOpen(known) || known.status !== "done") && html`<${JobCard} job=${known} />`}
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${value && html`<${Leaderboard} id=${id} found=${value} report=${REPORT} />`}
      ${value && value.failures.length > 0 && html`
        <details class="notice"><summary>${t("compare.failures", { count: number(value.failures.length) })}</summary>
          <ul>${value.failures.map((/** @type {{ input: string, expected: string, predicted: string }} */ each, /** @type {number} */ n) => html`<li key=${n}>${each.input}<br /><span class="soft">${t("compare.expected", { expected: each.expected, predicted: each.predicted })}</span></li>`)}</ul></details>`}
    </div>
  `;
}
