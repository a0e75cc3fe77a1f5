// Everything that runs, waits or has ended.

import { html } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { jobs } from "../lib/jobs.js";
import { href } from "../lib/router.js";
import { JobCard } from "../components/job.js";
import { Empty } from "../components/notice.js";

/** Where the result of a job is seen. @param {Job} job */
function placeOf(job) {
  const { request, operation } = job;
  if (operation === "index" || operation === "collections_add") return href(["collections", request.into ?? request.name]);
  if (operation === "collections_map") return href(["explore", request.name]);
  if (operation === "collections_duplicates" || operation === "collections_dedupe") return href(["collections", request.name, "duplicates"]);
  if (operation === "compare") return href(["compare", job.id]);
  if (operation === "train") return href(["train", job.id]);
  return null;
}

export function JobsPage() {
  return html`
    <div class="page">
      <h1>${t("jobs.title")}</h1>
      ${!jobs.value.length && html`<${Empty} title=${t("jobs.none")}><p>${t("jobs.none.about")}</p></${Empty}>`}
      <div class="jobs">
        ${jobs.value.map((job) => html`
          <${JobCard} key=${job.id} job=${job}>
            ${job.status === "done" && placeOf(job) && html`<p><a href=${placeOf(job)}>${t("job.open")}</a></p>`}
          </${JobCard}>
        `)}
      </div>
    </div>
  `;
}
