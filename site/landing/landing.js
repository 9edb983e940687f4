// The languages in the order that suits the reader: the one of the last visit first, with a link to
// the page where it ended; on a first visit the browser's own. Nobody is sent anywhere unasked.
(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("words").textContent);
  const list = document.querySelector(".languages");
  const card = (language) => list.querySelector(`li[data-language="${CSS.escape(language)}"]`);

  let last = null;
  try {
    last = JSON.parse(localStorage.getItem("mm-course"));
  } catch {
    // Storage may be forbidden, or hold something else.
  }
  if (last && words[last.language]) {
    const item = card(last.language);
    const link = item.querySelector("a");
    // Only a page of this site: the name of a file, never an address.
    if (typeof last.page === "string" && /^[\w-]+\.html$/.test(last.page)) {
      link.setAttribute("href", `${last.language}/${last.page}`);
      item.querySelector(".go").textContent = words[last.language].continue;
      const title = String(last.title || "").split(" — ")[0];
      if (title) item.querySelector(".title").textContent = title;
    }
    first(item);
  } else {
    for (const wish of navigator.languages || []) {
      const same = (tag) => tag.split("-")[0].toLowerCase() === wish.split("-")[0].toLowerCase();
      const language = Object.keys(words).find((key) => same(words[key].tag));
      if (!language) continue;
      first(card(language));
      break;
    }
  }

  function first(item) {
    list.prepend(item);
    item.classList.add("first");
    document.documentElement.lang = words[item.dataset.language].tag;
  }

  try {
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item && !(last && last.language === item.dataset.language)) {
        localStorage.setItem("mm-course", JSON.stringify({ language: item.dataset.language, page: "index.html" }));
      }
    });
  } catch {
    // As above.
  }
})();
