// One comparison: the candidates as they are scored, then which one to take, and why.

import { html } from "../lib/html.js";
import { jobFile } from "../lib/api.js";
import { inWords, labelOf, points, reasonOf, scoredOf, shortName, taskOf } from "../lib/comparison.js";
import { ago, number, t } from "../lib/i18n.js";
import { isOpen, jobs, loadJobs, messagesOf, result } from "../lib/jobs.js";
import { useEvery, useLoad } from "../lib/load.js";
import { href } from "../lib/router.js";
import { Disagreements } from "../components/disagreements.js";
import { Earlier } from "../components/earlier.js";
import { Icon } from "../components/icon.js";
import { JobCard } from "../components/job.js";
import { Leaderboard } from "../components/leaderboard.js";
import { ErrorNotice } from "../components/notice.js";
import { QualityChart } from "../components/qualitychart.js";
import { Thresholds } from "../components/thresholds.js";

/** The file that a comparison writes. */
export const REPORT = "comparison.html";
const SECONDS = 2;

/** @param {{ id: string }} props */
export function Comparison({ id }) {
  const known = jobs.value.find((each) => each.id === id);
  const open = Boolean(known && isOpen(known));
  const turn = useEvery(SECONDS, open);
  const { value, error } = useLoad(async () => {
    if (!known) await loadJobs();
    return known?.status === "done" ? /** @type {Promise<import("../lib/comparison.js").Found>} */ (result(id)) : null;
  }, [id, known?.status]);
  const messages = useLoad((signal) => messagesOf(id, signal), [id, known?.status, turn]).value ?? [];
  const left = messages.filter((each) => each.code === "left_out");
  const rows = value?.results ?? scoredOf(messages);
  const name = value?.task ?? taskOf(messages)?.name;
  return html`
    <div class="page">
      <p class="crumbs"><a href=${href(["compare"])}>${t("nav.compare")}</a></p>
      <div class="title row"><h1>${name ?? t("job.compare")}</h1>
        ${known && html`<span class="soft">${(known.request.models ?? []).map(shortName).join(", ")} · ${ago(known.created)}</span>`}</div>
      ${known && known.status !== "done" && html`<${JobCard} job=${known} />`}
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${value && html`<${Verdict} found=${value} />`}
      ${left.map((each, n) => html`<p class="soft" key=${n}>${t(/** @type {any} */ (`compare.left.${each.values.reason}`), each.values)}</p>`)}
      ${rows.length > 0 && html`
        <${QualityChart} rows=${rows} choice=${value?.choice} />
        ${open && html`<p class="soft" role="status">${t("compare.sofar", { count: rows.length })}</p>`}
        <${Leaderboard} rows=${rows} choice=${value?.choice} tolerance=${value?.tolerance} busy=${open} />`}
      ${value && html`
        <p class="buttons"><a class="button" href=${jobFile(id, REPORT)} download><${Icon} name="download" />${t("compare.report")}</a>
          <span class="soft">${t("compare.items", { items: value.items, metric: value.metric })}</span></p>`}
      ${value && value.results.length > 1 && html`<${Disagreements} found=${value} />`}
      ${value && html`<${Thresholds} found=${value} />`}
      ${value && html`<${Earlier} id=${id} data=${value.data} rows=${rows} />`}
      ${value && value.failures.length > 0 && html`
        <details class="notice"><summary>${t("compare.failures", { count: number(value.failures.length), label: labelOf(value.choice) })}</summary>
          <ul>${value.failures.map((each, n) => html`<li key=${n}>${each.input}<br /><span class="soft">${t("compare.expected", { expected: inWords(each.expected, each.phrases), predicted: inWords(each.predicted, each.phrases) })}</span></li>`)}</ul></details>`}
    </div>
  `;
}

/** Which one to take, in a sentence. @param {{ found: import("../lib/comparison.js").Found }} props */
function Verdict({ found }) {
  const { choice, generated_labels: labels } = found;
  return html`
    <section class="verdict" role="status"><b>${t("compare.take", { model: choice.model, compute: choice.compute, dimension: String(choice.dimension), precision: choice.precision })}</b>
      <span>${reasonOf(found)}</span></section>
    ${labels && html`<p class="notice warn">${t(`compare.weak.${labels.kind}`, { count: labels.count })} ${t(labels.very_weak ? "compare.weaklabels" : "compare.roughlabels", { overlap: points(labels.overlap) })}</p>`}
  `;
}
