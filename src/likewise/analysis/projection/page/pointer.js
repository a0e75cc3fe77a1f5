// @ts-nocheck
"use strict";
// Pointer, wheel, touch and arrow keys on a map: pan, zoom, lasso, hover.

/**
 * Move a map by hand. `view` has the camera, and is called with what happened: `redraw()`, `hover(point)`
 * and `leave()` with the pointer on the screen, `pick(point)` for a click, `lasso` (a polygon of map
 * coordinates, while it is drawn), `isLassoOn()` and `setLasso(on)`, and `enclose(polygon)` for a
 * lasso that is finished. Gives the zoom and fit functions, for buttons.
 */
export function attachPointer(canvas, view) {
  const pointers = new Map(); // pressed pointers by id
  let lassoing = false;
  let moved = 0;

  const position = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const pinch = (id, before, point) => {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, value]) => value);
    const span = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 1);
    view.camera.pan((point[0] - before[0]) / 2, (point[1] - before[1]) / 2);
    view.camera.zoomBy(span(point) / span(before), (point[0] + other[0]) / 2, (point[1] + other[1]) / 2);
  };
  const release = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    canvas.classList.remove("dragging");
    if (lassoing) {
      const polygon = view.lasso;
      view.lasso = [];
      lassoing = false;
      if (polygon.length > 2 && moved > 4) view.enclose(polygon);
      view.setLasso(false);
    } else if (moved <= 4) view.pick(position(event));
    view.redraw();
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, position(event));
    moved = 0;
    lassoing = pointers.size === 1 && (view.isLassoOn() || event.shiftKey);
    view.lasso = lassoing ? [view.camera.toMap(...position(event))] : [];
    canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointermove", (event) => {
    const point = position(event);
    const before = pointers.get(event.pointerId);
    if (!before) return view.hover(point);
    moved += Math.hypot(point[0] - before[0], point[1] - before[1]);
    if (lassoing) view.lasso.push(view.camera.toMap(...point));
    else if (pointers.size === 1) view.camera.pan(point[0] - before[0], point[1] - before[1]);
    else pinch(event.pointerId, before, point);
    pointers.set(event.pointerId, point);
    if (moved > 4) view.leave();
    view.redraw();
  });
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => pointers.size || view.leave());
  canvas.addEventListener("dblclick", (event) => zoom(2, ...position(event)));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 20 : 1;
      zoom(Math.exp(-event.deltaY * lines * 0.0016), ...position(event));
    },
    { passive: false },
  );

  const zoom = (factor, ...point) => {
    view.camera.zoomBy(factor, ...point);
    view.leave();
    view.redraw();
  };
  const fit = () => {
    view.camera.fit();
    view.redraw();
  };
  const pan = (dx, dy) => () => {
    view.camera.pan(dx, dy);
    view.redraw();
  };
  const keys = {
    ArrowLeft: pan(60, 0), ArrowRight: pan(-60, 0), ArrowUp: pan(0, 60), ArrowDown: pan(0, -60),
    "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  return { zoom, fit };
}
