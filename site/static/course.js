// What every page of the book does by itself: remember where the reader is, offer to copy code,
// let the keyboard scroll what is too wide, and close the language menu. Nothing of it is needed
// to read.
(() => {
  "use strict";
  const words = courseWords;

  // The landing page offers to continue where the reader stopped, in the reader's language.
  const remember = (language, page) => {
    try {
      localStorage.setItem("mm-course", JSON.stringify({ language, page, title: document.title }));
    } catch {
      // Storage may be forbidden; then nothing is remembered.
    }
  };
  const page = location.pathname.split("/").pop() || "index.html";
  if (page !== "search.html") remember(words.language, page);

  // file:// cannot fetch the pages that search results would quote from.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  if (page === "search.html") document.querySelector(".bd-search-container input")?.select();
  // A page holds each formula three times (for the eye, for a screen reader, as its source), and the
  // title of folded code twice; what is found quotes them once.
  document.querySelector('script[src*="searchtools.js"]')?.addEventListener("load", () => {
    const { htmlToText } = Search;
    Search.htmlToText = (html, anchor) => {
      const found = new DOMParser().parseFromString(html, "text/html");
      const again = ".katex-html, annotation, details.hide > summary";
      for (const element of found.querySelectorAll(again)) element.remove();
      return htmlToText(found.documentElement.outerHTML, anchor);
    };
  });

  // The place on the page, and the state of its figures, go along into the other language.
  for (const link of document.querySelectorAll("a[data-language]")) {
    link.addEventListener("click", () => {
      link.hash = location.hash;
      remember(link.dataset.language, link.pathname.split("/").pop());
    });
  }

  for (const menu of document.querySelectorAll(".mm-languages, .mm-notebook")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Pages served over plain http have no clipboard but the old one.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy");
  };
  for (const block of document.querySelectorAll(".cell_input .highlight, div.highlight-default")) {
    const pre = block.querySelector("pre");
    if (!pre || block.querySelector(".mm-copy")) continue;
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "mm-copy", textContent: words.copy,
    });
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await copy(pre.textContent.replace(/\n$/, ""));
        button.textContent = words.copied;
      } catch {
        button.textContent = words.copy_failed;
      }
      setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    block.append(button);
  }

  // A region which scrolls can be scrolled by keyboard only if it can be focused, and one which
  // does not scroll should not be in the way of the Tab key.
  const regions = document.querySelectorAll(".mm-scroll, .pst-scrollable-table-container, .bd-article .highlight > pre");
  const look = (region) => {
    const wide = region.scrollWidth > region.clientWidth + 1;
    // The theme sets tabindex, too, a while after the window changed, to -1 where nothing scrolls.
    const ready = region.tabIndex === 0 && region.hasAttribute("role");
    if (wide === ready) return;
    if (wide) {
      region.tabIndex = 0;
      region.setAttribute("role", "group"); // no landmark: a page may have many of the same name
      region.setAttribute("aria-label", words.scrolls);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name);
    }
  };
  const observer = new ResizeObserver((entries) => entries.forEach((e) => look(e.target)));
  regions.forEach((region) => observer.observe(region));
})();
