// @ts-nocheck
"use strict";
// The overlay above the points: topic names, the lasso, the highlighted point.

export class Overlay {
  constructor(canvas, labels) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.labels = labels; // the largest first
  }

  draw(camera, { hidden, lasso, marked, theme }) {
    const context = this.context;
    context.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    this.names(camera, hidden, theme);
    if (marked) this.ring(camera.toScreen(...marked), theme);
    if (lasso.length > 1) this.line(lasso, camera, theme);
  }

  names(camera, hidden, theme) {
    const context = this.context;
    const drawnBoxes = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = theme.ground;
    context.fillStyle = theme.ink;
    for (const label of this.labels) {
      if (hidden(label.group) || (label.level > 1 && camera.zoom < 2.2)) continue;
      const [anchorX, anchorY] = camera.toScreen(label.x, label.y);
      if (anchorX < 0 || anchorY < 0 || anchorX > camera.width || anchorY > camera.height) continue;
      const y = Math.max(anchorY, 66); // below the search box and its buttons
      const size = label.level === 1 ? 13.5 : 12;
      context.font = `${label.level === 1 ? 650 : 450} ${size}px system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif`;
      label.width ??= context.measureText(label.name).width;
      const half = label.width / 2 + 5;
      const x = Math.max(half, Math.min(camera.width - half, anchorX)); // fully visible at the edge too
      const box = [x - half, x + half, y - size * 0.8, y + size * 0.8];
      if (drawnBoxes.some((other) => overlaps(box, other))) continue;
      drawnBoxes.push(box);
      context.strokeText(label.name, x, y);
      context.fillText(label.name, x, y);
    }
  }

  ring([x, y], theme) {
    const context = this.context;
    context.lineWidth = 2.5;
    context.strokeStyle = theme.ink;
    context.beginPath();
    context.arc(x, y, 7, 0, 7);
    context.stroke();
  }

  line(lasso, camera, theme) {
    const context = this.context;
    context.lineWidth = 2;
    context.strokeStyle = theme.accent;
    context.beginPath();
    for (const place of lasso) context.lineTo(...camera.toScreen(...place));
    context.closePath();
    context.stroke();
    context.globalAlpha = 0.12;
    context.fillStyle = theme.accent;
    context.fill();
    context.globalAlpha = 1;
  }
}

const overlaps = (a, b) => a[0] < b[1] && a[1] > b[0] && a[2] < b[3] && a[3] > b[2];
