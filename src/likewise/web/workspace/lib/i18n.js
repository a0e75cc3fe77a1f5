// The language of the page, and numbers and times in it.

import { signal } from "./html.js";
import en from "../i18n/en.js";
import zh from "../i18n/zh.js";

/** @typedef {keyof typeof en} Key */
/** @typedef {"en" | "zh"} Language */

/** @type {Record<Language, Record<Key, string>>} */
const TABLES = { en, zh };
const YEAR = 365 * 24 * 3600;

/** @type {import("../vendor/signals.js").Signal<Language>} */
export const language = signal(document.documentElement.dataset.language === "zh" ? "zh" : "en");

/** @param {Language} next */
export function setLanguage(next) {
  document.cookie = `likewise_language=${next}; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  language.value = next;
}

/**
 * The text of a key. `{name}` is replaced by a value; `{n|one|many}` chooses by a number.
 * @param {Key} key
 * @param {Record<string, string | number>} [values] numbers are written as the language does
 * @returns {string}
 */
export function t(key, values = {}) {
  return TABLES[language.value][key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const value = values[name];
    if (one !== undefined) return value === 1 ? one : many;
    return typeof value === "number" ? number(value) : String(value);
  });
}

/**
 * @param {number} value
 * @param {number} [digits] after the point, at most
 */
export function number(value, digits = 0) {
  return value.toLocaleString(language.value, { maximumFractionDigits: digits });
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) {
    bytes /= 1000;
    step++;
  }
  return `${number(bytes, step && bytes < 10 ? 1 : 0)} ${units[step]}`;
}

/**
 * A time as "3 minutes ago".
 * @param {string | number} when ISO 8601, or seconds since 1970
 */
export function ago(when) {
  const then = typeof when === "number" ? when * 1000 : Date.parse(when);
  const seconds = (then - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, length] = units.find(([, each]) => Math.abs(seconds) >= each) ?? units[3];
  return format.format(Math.round(seconds / length), unit);
}

/** @param {string | number} when as in `ago` */
export function moment(when) {
  const then = typeof when === "number" ? when * 1000 : Date.parse(when);
  return new Date(then).toLocaleString(language.value, { dateStyle: "medium", timeStyle: "short" });
}

/**
 * A time span as "2 min 5 s".
 * @param {number} seconds
 */
export function span(seconds) {
  if (seconds < 60) return t("time.seconds", { seconds: Math.max(1, Math.round(seconds)) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("time.minutes", { minutes, seconds: Math.round(seconds % 60) });
  return t("time.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
