// One collection: its heading, and the tab that the address names.

import { html } from "../lib/html.js";
import { ApiError, call } from "../lib/api.js";
import { ago, t } from "../lib/i18n.js";
import { jobs } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { href } from "../lib/router.js";
import { FileStatus } from "../components/filestatus.js";
import { Icon } from "../components/icon.js";
import { JobCard } from "../components/job.js";
import { ErrorNotice } from "../components/notice.js";
import { AskTab } from "./ask.js";
import { short } from "./collections.js";
import { DuplicatesTab } from "./duplicates.js";
import { HistoryTab } from "./history.js";
import { SearchTab } from "./search.js";

const TABS = ["search", "ask", "map", "duplicates", "history"];
/** @type {Record<string, string>} */
const ICONS = { search: "search", ask: "ask", map: "map", duplicates: "duplicates", history: "history" };

/** Records after which a collection that is being indexed is looked at again. */
const PART = 2000;

/**
 * A collection in figures; null for one that a job has not made yet.
 * @param {string} name @param {boolean} coming @param {AbortSignal} signal
 * @returns {Promise<Summary | null>}
 */
async function summaryOf(name, coming, signal) {
  if (!coming) return call(`/collections/${encodeURIComponent(name)}`, { signal });
  const { collections } = await call("/collections", { signal });
  return collections.find((/** @type {Summary} */ each) => each.name === name) ?? null;
}

/** @param {{ name: string, tab: string }} props */
export function CollectionPage({ name, tab }) {
  const writing = jobs.value.filter(({ operation, request }) => (operation === "index" && request.into === name) || (operation === "collections_sync" && request.name === name));
  const migrated = jobs.value.find((job) => job.operation === "collections_migrate" && job.request.name === name)?.status;
  const running = writing.find((job) => job.status === "running" || job.status === "queued");
  const failed = !running && writing[0]?.status === "failed" ? writing[0] : null;
  const part = running?.progress ? Math.floor(running.progress.done / PART) : 0;
  const { value, error, reload } = useLoad(
    (signal) => summaryOf(name, Boolean(running ?? failed), signal), [name, running?.id, part, writing[0]?.status, migrated],
  );
  const missing = error instanceof ApiError && error.status === 404;
  const state = `${value?.runs ?? 0}.${value?.records ?? 0}`;
  return html`
    <div class="page">
      <p class="crumbs"><a href=${href(["collections"])}>${t("nav.collections")}</a></p>
      <div class="title row">
        <div>
          <h1>${name}</h1>
          <p class="soft">${value ? html`${t("collections.records", { records: value.records })} · ${short(value.model)}${value.updated && html` · ${ago(value.updated)}`}` : "\u00a0"}</p>
        </div>
        <a class="button" href=${href(["import", name])}><${Icon} name="plus" />${t("collection.add")}</a>
      </div>
      <${Tabs} name=${name} tab=${tab} />
      ${(running ?? failed) && html`<${JobCard} job=${running ?? failed} />`}
      ${value && html`<${FileStatus} name=${name} state=${state} busy=${Boolean(running)} />`}
      ${error && html`<${ErrorNotice} error=${error} retry=${missing ? undefined : reload} />`}
      ${value && tab === "search" && html`<${SearchTab} name=${name} summary=${value} state=${state} onChanged=${reload} />`}
      ${value && tab === "ask" && html`<${AskTab} name=${name} />`}
      ${value && tab === "duplicates" && html`<${DuplicatesTab} name=${name} summary=${value} onChanged=${reload} />`}
      ${value && tab === "history" && html`<${HistoryTab} name=${name} summary=${value} onChanged=${reload} />`}
    </div>
  `;
}

/** @param {{ name: string, tab: string }} props */
export function Tabs({ name, tab }) {
  return html`
    <nav class="tabs" aria-label=${t("collection.tabs")}>
      ${TABS.map((each) => html`
        <a key=${each} href=${each === "map" ? href(["explore", name]) : href(each === "search" ? ["collections", name] : ["collections", name, each])} aria-current=${each === tab ? "page" : null}>
          <${Icon} name=${ICONS[each]} />${t(/** @type {any} */ (`tab.${each}`))}
        </a>
      `)}
    </nav>
  `;
}
