// The workspace: starts the page.

import { html, render } from "./lib/html.js";
import { loadJobs } from "./lib/jobs.js";
import { App } from "./components/app.js";

loadJobs().catch(() => {});
render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
document.documentElement.dataset.ready = "yes";
