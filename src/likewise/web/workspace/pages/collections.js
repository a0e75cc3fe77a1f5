// The list of collections, and where files are dropped.

import { html } from "../lib/html.js";
import { call } from "../lib/api.js";
import { ago, t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { openJobs } from "../lib/jobs.js";
import { go, href } from "../lib/router.js";
import { setDropped } from "../lib/dropped.js";
import { DropZone } from "../components/drop.js";
import { ErrorNotice, sentence } from "../components/notice.js";
import { JobCard } from "../components/job.js";

/** @typedef {{ name: string, state: string, reason: string, hint: string }} Unreadable */

export function CollectionsPage() {
  const indexing = openJobs.value.filter((job) => job.operation === "index");
  const { value, error, reload } = useLoad((signal) => call("/collections", { signal }), [indexing.length]);
  /** @type {Summary[]} */
  const found = value?.collections ?? [];
  /** @type {Unreadable[]} */
  const broken = value?.unreadable ?? [];
  return html`
    <div class="page">
      <div class="title">
        <h1>${t("collections.title")}</h1>
        <p class="soft">${t("collections.about")}</p>
      </div>
      <${DropZone} large=${value && !found.length} onFiles=${(/** @type {any} */ files) => { setDropped(files); go(href(["import"])); }} />
      ${indexing.map((job) => html`<${JobCard} key=${job.id} job=${job} />`)}
      ${error && html`<${ErrorNotice} error=${error} retry=${reload} />`}
      ${!value && !error && html`<div class="cards" aria-busy="true"><div class="card ghost"></div><div class="card ghost"></div></div>`}
      <ul class="cards">
        ${[...found].sort((a, b) => b.updated.localeCompare(a.updated)).map((each) => html`<${Card} key=${each.name} summary=${each} />`)}
        ${broken.map((each) => html`
          <li class="card wrong" key=${each.name}>
            <h2>${each.name}</h2><p>${sentence(each.reason)}</p><p class="soft">${sentence(each.hint)}</p>
          </li>
        `)}
      </ul>
    </div>
  `;
}

/** @param {{ summary: Summary }} props */
function Card({ summary }) {
  const { name, records, model, updated, whole } = summary;
  return html`
    <li class="card">
      <h2><a class="stretched" href=${href(["collections", name])}>${name}</a></h2>
      <p>${t("collections.records", { records })}</p>
      <p class="soft">${short(model)}${updated && html` · ${ago(updated)}`}${!whole && html` · <b class="warn">${t("collections.unfinished")}</b>`}</p>
      <p class="links">
        <a href=${href(["explore", name])}>${t("tab.map")}</a>
        <a href=${href(["collections", name, "ask"])}>${t("tab.ask")}</a>
        <a href=${href(["collections", name, "duplicates"])}>${t("tab.duplicates")}</a>
      </p>
    </li>
  `;
}

/** A model's name without the folders before it. @param {string} model */
export const short = (model) => model.split("/").pop() ?? model;
