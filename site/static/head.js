// What has to run before anything is drawn; a script of its own, for the site's policy allows no
// script inside a page.
(() => {
  "use strict";

  // Where storage is forbidden (in the sandboxed frame of a course platform, or by the reader) the
  // theme's scripts would stop at the first access. There they get one that lasts as long as the page.
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].getItem("mode");
    } catch {
      const kept = new Map();
      const value = {
        getItem: (key) => kept.get(String(key)) ?? null,
        setItem: (key, text) => { kept.set(String(key), String(text)); },
        removeItem: (key) => { kept.delete(String(key)); },
        clear: () => { kept.clear(); },
      };
      Object.defineProperty(window, name, { configurable: true, value });
    }
  }

  // The one face that every line of text needs is asked for before the style sheets are read, so that
  // it is there for the first line. A page that was opened as a file may not, and complains.
  if (location.protocol !== "file:") {
    const face = document.documentElement.lang.startsWith("zh") ? "sans" : "serif";
    const link = document.createElement("link");
    const href = new URL(`fonts/${face}-latin.woff2`, document.currentScript.src).href;
    Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href });
    document.head.append(link);
  }

  // The theme which the reader chose, or the system's; a dark page would flash white without this,
  // since the theme's own script runs at the end.
  const { dataset } = document.documentElement;
  const chosen = localStorage.getItem("mode");
  dataset.mode = chosen === "light" || chosen === "dark" ? chosen : "auto";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = dataset.mode === "auto" ? system : dataset.mode;
})();
