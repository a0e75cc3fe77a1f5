// One training: how far it is, what it gave, and what becomes of the model.

import { html } from "../lib/html.js";
import { ago, span, t } from "../lib/i18n.js";
import { isOpen, jobs, loadJobs, messagesOf, result } from "../lib/jobs.js";
import { useEvery, useLoad } from "../lib/load.js";
import { href } from "../lib/router.js";
import { curveOf, stepsOf } from "../lib/training.js";
import { Curve } from "../components/curve.js";
import { Findings, KNOWN } from "../components/datacheck.js";
import { Gate } from "../components/gate.js";
import { JobCard } from "../components/job.js";
import { ErrorNotice, sentence } from "../components/notice.js";
import { Promotion } from "../components/promotion.js";

const SECONDS = 2;

/** Notes about the plan of a training, in the order in which they are shown. */
const NOTES = ["columns", "held_out", "plan", "resumed", "time", "averaged"];

/** @param {{ id: string }} props */
export function Training({ id }) {
  const known = jobs.value.find((each) => each.id === id);
  const open = Boolean(known && isOpen(known));
  const turn = useEvery(SECONDS, open);
  const { value, error } = useLoad(async () => {
    if (!known) await loadJobs();
    return known?.status === "done" ? /** @type {Promise<import("../lib/training.js").Report>} */ (result(id)) : null;
  }, [id, known?.status]);
  const steps = useLoad((signal) => stepsOf(id, signal), [id, known?.status, turn]);
  const messages = useLoad((signal) => messagesOf(id, signal), [id, known?.status, known?.progress?.title]);
  const planned = planOf(messages.value ?? []) ?? value?.plan.steps ?? 0;
  const last = steps.value?.[steps.value.length - 1];
  const findings = value ? value.findings : (messages.value ?? []).filter((each) => KNOWN.includes(each.code)).map((each) => ({ ...each, count: 0, examples: [], source: "" }));
  const late = (messages.value ?? []).filter((each) => each.code === "time").pop();
  return html`
    <div class="page">
      <p class="crumbs"><a href=${href(["train"])}>${t("nav.train")}</a></p>
      <div class="title row"><h1>${t("job.train", { about: known?.request.model ?? value?.model ?? "" })}</h1>
        ${known && html`<span class="soft">${value ? t("train.took", { span: span(value.seconds) }) : ""} ${ago(known.created)}</span>`}</div>
      ${known && known.status !== "done" && html`<${JobCard} job=${known} />`}
      ${open && html`<p class="soft">${t("train.stop.about")}</p>`}
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${value && html`<${Gate} report=${value} maxDrop=${known?.request.max_drop ?? 0.5} />`}
      ${late && html`<p class="notice warn">${sentence(late.text)}</p>`}
      ${value && html`<${Promotion} id=${id} report=${value} />`}
      ${last && html`<div class="curves">
        <${Curve} title=${t("train.loss")} points=${curveOf(steps.value ?? [], "loss")} steps=${planned} digits=${3} />
        <${Curve} title=${t("train.devscore")} points=${curveOf(steps.value ?? [], "dev")} steps=${planned} digits=${1} /></div>`}
      ${findings.length > 0 && html`<h2>${t("train.check")}</h2><${Findings} findings=${findings} />`}
      ${messages.value && messages.value.length > 0 && html`
        <details class="notice"><summary>${t("train.notes")}</summary>
          <ul>${messages.value.filter((each) => NOTES.includes(each.code)).map((each, n) => html`<li key=${n}>${sentence(each.text)}</li>`)}</ul></details>`}
    </div>
  `;
}

/** The number of steps of the plan, as the training has said it. @param {{ code: string, text: string }[]} messages */
function planOf(messages) {
  const plan = messages.find((each) => each.code === "plan");
  const found = plan && /^([\d,]+) step/.exec(plan.text);
  return found ? Number(found[1].replaceAll(",", "")) : null;
}
