"use strict";
// Before the first paint: the theme that was chosen, so that the page does not flash.
{
  const theme = localStorage.getItem("likewise.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
