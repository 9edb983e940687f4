// Before anything is drawn: the theme chosen in the book, or that of the system; paper is white.
(() => {
  "use strict";
  const printed = /print-pdf|view=print/.test(location.search);
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch { /* storage is forbidden: the system's */ }
  const dark = mode === "dark" || (mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark && !printed ? "dark" : "light";
})();
