// One job: what it does, how far it is, when it will be done.

import { html, useEffect, useState } from "../lib/html.js";
import { ago, number, span, t } from "../lib/i18n.js";
import { cancel, isOpen, resume, secondsLeft } from "../lib/jobs.js";
import { sentence } from "./notice.js";

/** @type {Record<string, import("../lib/i18n.js").Key>} */
const NAMES = {
  index: "job.index", collections_add: "job.index", collections_sync: "job.sync", collections_map: "job.map", dedupe: "job.dedupe",
  collections_duplicates: "job.dedupe", collections_dedupe: "job.remove", collections_outliers: "job.outliers", collections_contrast: "job.contrast", collections_migrate: "job.migrate", collections_compact: "job.compact", compare: "job.compare",
  cluster: "job.map", project: "job.map", download: "job.download",
  train: "job.train",
};

/** What a job does, in words. @param {Job} job */
export function jobTitle(job) {
  const { request } = job;
  const about = request.into ?? request.name ?? request.model ?? "";
  const name = NAMES[job.operation];
  return name ? t(name, { about }) : `${job.operation} ${about}`;
}

/** @param {{ job: Job, title?: string, children?: any }} props */
export function JobCard({ job, title, children }) {
  const open = isOpen(job);
  const [, tick] = useState(0);
  useEffect(() => {
    if (!open) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [open]);
  return html`
    <section class="job ${job.status}" aria-label=${title ?? jobTitle(job)}>
      <header>
        <h3>${title ?? jobTitle(job)}</h3>
        <span class="soft">${open ? t(`job.${job.status}`) : html`${t(`job.${job.status}`)} · ${ago(job.finished ?? job.created)}`}</span>
        ${open && html`<button type="button" class="quiet" disabled=${job.cancelling} onClick=${() => cancel(job.id)}>${t("job.cancel")}</button>`}
        ${["failed", "cancelled", "interrupted"].includes(job.status) && html`<button type="button" onClick=${() => resume(job.id)}>${t(job.resumable ? "job.continue" : "job.again")}</button>`}
      </header>
      ${open && html`<${Progress} job=${job} />`}
      ${job.error && html`<p class="wrong">${sentence(job.error.message)}${job.error.hint && html`<br /><span class="soft">${sentence(job.error.hint)}</span>`}</p>`}
      ${children}
    </section>
  `;
}

/** @param {{ job: Job }} props */
function Progress({ job }) {
  const { progress } = job;
  const total = progress?.total ?? 0;
  const share = progress && total ? Math.min(1, progress.done / total) : null;
  const left = secondsLeft(job);
  return html`
    <div class="progress" role="progressbar" aria-label=${jobTitle(job)} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share === null ? null : Math.round(share * 100)}>
      <i class=${share === null ? "endless" : ""} style=${{ width: share === null ? null : `${share * 100}%` }}></i>
    </div>
    <p class="soft figures">
      ${progress ? html`<span>${sentence(progress.title)}${total ? html`: ${number(progress.done)} / ${number(total)}` : ""}</span>` : html`<span>${t("job.waiting")}</span>`}
      ${left !== null && html`<span>${t("job.left", { span: span(left) })}</span>`}
    </p>
  `;
}
