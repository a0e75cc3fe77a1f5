// @ts-nocheck
"use strict";
// Colours: categorical for groups, a gradient for numbers, grey for no group.

const GROUP_COLORS = [
  "#3b7dd8", "#e8803a", "#35a36a", "#d6453d", "#8d6cd1", "#a8763e", "#d65fb0", "#1fa3b5", "#b09c22",
  "#5566c4", "#c05f20", "#6f9a2c", "#b03052", "#7b4fb5", "#4d8f86", "#e0a52e", "#c07fd0", "#2f8fe0",
  "#e57373", "#5aa02c",
];
const GRADIENT = [[46, 30, 110], [36, 98, 160], [32, 155, 145], [120, 196, 90], [245, 222, 70]];
const NO_GROUP = [138, 146, 152];

function groupColor(group) {
  if (group < GROUP_COLORS.length) {
    const value = parseInt(GROUP_COLORS[group].slice(1), 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }
  // beyond the table: hues by the golden angle, so that none repeats
  const hue = (group * 137.508) % 360;
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.53 - 0.26 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

function gradientColor(step) {
  const at = Math.min(step / 255, 0.9999) * (GRADIENT.length - 1);
  const [low, high] = [GRADIENT[Math.floor(at)], GRADIENT[Math.floor(at) + 1]];
  return low.map((value, i) => Math.round(value + (high[i] - value) * (at % 1)));
}

/** The colour of each group; the last one is for points without a group. */
export function palette(coloring) {
  const isGradient = coloring.low !== null;
  const count = isGradient ? 256 : coloring.names.length;
  const colors = Array.from({ length: count }, (_, i) => (isGradient ? gradientColor(i) : groupColor(i)));
  return [...colors, NO_GROUP];
}

export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
