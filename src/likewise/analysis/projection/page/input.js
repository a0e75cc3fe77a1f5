"use strict";
// Input: what the pointer does to the map, search box, buttons.

function attachInput(app) {
  const canvas = $("overlay");
  const isLassoOn = () => $("lasso").getAttribute("aria-pressed") === "true";
  const setLasso = (on) => {
    $("lasso").setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("lasso", on);
  };
  const hover = ([x, y]) => {
    const [mx, my] = app.camera.toMap(x, y);
    const reach = (app.pointSize() / 2 + 5) / app.camera.scale;
    app.mark(app.grid.nearest(mx, my, reach, (i) => app.shown(i)));
  };
  const { zoom, fit } = attachPointer(canvas, Object.assign(app, {
    isLassoOn,
    setLasso,
    hover,
    pick: hover,
    leave: () => app.mark(-1),
    enclose: (polygon) => app.select(pointsInside(app.data.coordinates, polygon)),
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      setLasso(false);
      app.clear();
    }
  });

  let searchTimer;
  $("search").addEventListener("input", () => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => app.search($("search").value), 120);
  });
  $("lasso").onclick = () => setLasso(!isLassoOn());
  $("in").onclick = () => zoom(1.6);
  $("out").onclick = () => zoom(1 / 1.6);
  $("fit").onclick = fit;
  $("clear").onclick = () => app.clear();
  $("csv").onclick = () => app.save("csv");
  $("jsonl").onclick = () => app.save("jsonl");
  $("language").onclick = () => app.setLanguage(app.language === "en" ? "zh" : "en");
  $("theme").onclick = () => app.setTheme(!app.dark);
}

load()
  .then((data) => {
    const app = new App(data);
    attachInput(app);
    app.start();
    globalThis.likewiseMap = app; // for scripts and tests
  })
  .catch((error) => {
    const zh = navigator.language.startsWith("zh");
    $("busy").textContent = typeof DecompressionStream === "undefined" ? TRANSLATIONS[zh ? "zh" : "en"].old : String(error);
    throw error;
  });
