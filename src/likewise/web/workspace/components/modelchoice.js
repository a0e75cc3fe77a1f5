// Models to compare: those on this machine, and others that can be fetched.

import { html, useEffect, useState } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { isOpen, jobs, start } from "../lib/jobs.js";
import { JobCard } from "./job.js";
import { modelFacts, useModels } from "./models.js";
import { ErrorNotice } from "./notice.js";

/** @param {{ chosen: string[], onToggle: (name: string) => void }} props */
export function ModelChoice({ chosen, onToggle }) {
  const { here, others, reload } = useModels();
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const names = others.map((each) => each.name);
  const fetching = jobs.value.filter((each) => each.operation === "download" && names.includes(each.request.model));
  const arrived = fetching.filter((each) => each.status === "done").length;
  useEffect(() => { if (arrived) reload(); }, [arrived]);
  const fetchIt = (/** @type {string} */ model) => start("/download", { model }).then(() => setError(null), setError);
  const last = (/** @type {string} */ model) => fetching.find((each) => each.request.model === model);
  return html`
    <div class="choices">
      ${here.map((each) => html`<label key=${each.name}><input type="checkbox" checked=${chosen.includes(each.name)} onChange=${() => onToggle(each.name)} /><span>${each.name}<span class="soft"><span class="tag on">${t("compare.here")}</span> ${modelFacts(each)}</span></span></label>`)}
    </div>
    ${others.length > 0 && html`<details><summary>${t("compare.others", { count: others.length })}</summary>
      <p class="soft">${t("compare.others.about")}</p>
      ${error && html`<${ErrorNotice} error=${error} />`}
      <ul class="others">${others.map((each) => html`
        <li key=${each.name}><span><b>${each.name}</b><span class="soft">${modelFacts(each)}${each.languages ? ` · ${each.languages}` : ""}</span></span>
          ${last(each.name) ? html`<${JobCard} job=${last(each.name)} />` : html`<button type="button" onClick=${() => fetchIt(each.name)} disabled=${fetching.some(isOpen)} aria-label=${t("job.download", { about: each.name })}>${t("compare.fetch")}</button>`}</li>`)}</ul></details>`}
  `;
}
